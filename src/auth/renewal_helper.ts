import { errnoOf, errorMessage, HermesError, isErrorCode } from "../core/errors.ts";
import { isJsonObject, type Json, parseJson } from "../core/json.ts";
import type { ChildProcess, Env, Spawner } from "../core/ports.ts";
import { serverText } from "./exchange.ts";
import type { Renewal, RenewalTarget } from "./renewal.ts";

/** What the helper is told on its stdin: one line of JSON, and nothing secret in it. */
export interface RenewalOrder extends RenewalTarget {
  /** The `auth.json` that the grant is in. */
  readonly path: string;
}

interface HelperDeps {
  readonly spawner: Spawner;
  readonly env: Env;
  readonly program: readonly string[];
}

/** A helper that was killed is followed by so many in all. */
const mostHelpers = 2;

/**
 * Has a grant renewed by a process of its own, which goes on when this one is killed: the server's answer is lost with
 * who waits for it. When the helper itself is killed, another one takes over what it left: its tokens, or the word that an
 * answer was lost.
 */
export async function renewInHelper(deps: HelperDeps, order: RenewalOrder): Promise<Renewal> {
  let end = "";
  for (let count = 0; count < mostHelpers; count++) {
    const said = await askHelper(deps, order);
    if (typeof said !== "string") return said;
    end = said;
  }
  const message = `What renews logins ended without a word: ${end}`;
  const error = new HermesError("internal/bug", message, { hint: "run the command again" });
  return { kind: "failed", error };
}

/** What one helper says; else how it ended, or why it did not start. */
async function askHelper(
  { spawner, env, program }: HelperDeps,
  order: RenewalOrder,
): Promise<Renewal | string> {
  const [name = "", ...first] = program;
  const given = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  let child: ChildProcess;
  try {
    child = await spawner.spawn({
      program: name,
      arguments: [...first, "auth", "refresh"],
      cwd: "/",
      env: Object.fromEntries(given),
      stdin: "pipe",
      outlivesUs: true,
    });
  } catch (error) {
    return errnoOf(error) ?? errorMessage(error);
  }
  const read = [collect(child.stdout), collect(child.stderr)] as const;
  // One that has ended already is told by its end.
  await child.write(`${JSON.stringify(order)}\n`).catch(() => undefined);
  child.closeStdin();
  const [text, errors, { code, signal }] = await Promise.all([...read, child.exited]);
  const end = signal === null ? `exit code ${code ?? 0}` : `ended with ${signal}`;
  const told = serverText(errors);
  return readRenewal(parseJson(text) ?? null) ?? (told === "" ? end : `${end}, ${told}`);
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
