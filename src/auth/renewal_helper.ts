import { HermesError, isErrorCode } from "../core/errors.ts";
import { isJsonObject, type Json, parseJson } from "../core/json.ts";
import type { Env, Spawner } from "../core/ports.ts";
import type { Renewal, RenewalTarget } from "./renewal.ts";

/** What the helper is told on its stdin: one line of JSON, and nothing secret in it. */
export interface RenewalOrder extends RenewalTarget {
  /** The `auth.json` that the grant is in. */
  readonly path: string;
}

/**
 * Has a grant renewed by a process of its own, which goes on when this one is killed: the server's answer is lost with
 * who waits for it.
 * @throws {HermesError} `internal/bug` for a helper that says nothing
 */
export async function renewInHelper(
  deps: { readonly spawner: Spawner; readonly env: Env; readonly program: readonly string[] },
  order: RenewalOrder,
): Promise<Renewal> {
  const [name = "", ...first] = deps.program;
  const given = Object.entries(deps.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const child = await deps.spawner.spawn({
    program: name,
    arguments: [...first, "auth", "refresh"],
    cwd: "/",
    env: Object.fromEntries(given),
    stdin: "pipe",
    outlivesUs: true,
  });
  const errors = collect(child.stderr);
  await child.write(`${JSON.stringify(order)}\n`);
  child.closeStdin();
  const [text, said] = await Promise.all([collect(child.stdout), errors, child.exited]);
  const renewal = readRenewal(parseJson(text) ?? null);
  if (renewal) return renewal;
  throw new HermesError("internal/bug", `The renewal of a login ended without a word: ${said}`);
}

/** A renewal's end, as the helper prints it. */
export function renewalJson(renewal: Renewal): Json {
  switch (renewal.kind) {
    case "renewed":
    case "gone":
      return { kind: renewal.kind };
    case "refused":
      return { kind: renewal.kind, refusal: { ...renewal.refusal } };
    case "failed": {
      const { code, message, hint, retryable, retryAfterMs, httpStatus } = renewal.error;
      return {
        kind: renewal.kind,
        error: {
          code,
          message,
          retryable,
          ...(hint === undefined ? {} : { hint }),
          ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
          ...(httpStatus === undefined ? {} : { httpStatus }),
        },
      };
    }
    default:
      return renewal satisfies never;
  }
}

function readRenewal(json: Json): Renewal | undefined {
  if (!isJsonObject(json)) return undefined;
  const { kind, refusal, error } = json;
  if (kind === "renewed" || kind === "gone") return { kind };
  if (kind === "refused" && isJsonObject(refusal)) {
    const { code, reason, message } = refusal;
    return {
      kind,
      refusal: {
        code: typeof code === "number" ? code : null,
        reason: typeof reason === "string" ? reason : "",
        message: typeof message === "string" ? message : "",
      },
    };
  }
  if (kind !== "failed" || !isJsonObject(error)) return undefined;
  const { code, message, hint, retryable, retryAfterMs, httpStatus } = error;
  if (!isErrorCode(code) || typeof message !== "string") return undefined;
  return {
    kind,
    error: new HermesError(code, message, {
      retryable: retryable === true,
      ...(typeof hint === "string" ? { hint } : {}),
      ...(typeof retryAfterMs === "number" ? { retryAfterMs } : {}),
      ...(typeof httpStatus === "number" ? { httpStatus } : {}),
    }),
  };
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of chunks) text += decoder.decode(chunk, { stream: true });
  return text.slice(0, 100_000);
}
