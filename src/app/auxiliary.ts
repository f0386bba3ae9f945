import type { AuxiliaryModel, AuxiliaryRequest, AuxiliaryTask } from "../core/auxiliary.ts";
import { type ErrorCode, HermesError, throwIfAborted, toHermesError } from "../core/errors.ts";
import type { Usage } from "../core/event.ts";
import type { JsonObject } from "../core/json.ts";
import type { Log } from "../core/log.ts";
import type { ModelRequest, ModelTransport } from "../core/model.ts";
import type { Clock } from "../core/ports.ts";
import { nothingSpent, type SideUsage, withCall } from "../core/spending.ts";
import { abortable } from "../wire/abortable.ts";
import { withIdleTimeout } from "../wire/idle_timeout.ts";
import { newItemId } from "./ids.ts";

/** A model that small calls can go to, with a transport that tries once. */
export interface AuxiliaryRoute {
  readonly provider: string;
  readonly baseUrl: string;
  readonly model: string;
  readonly transport: ModelTransport;
  /** The variable whose key was named for it: what that one owes, the usual key of the place does not. */
  readonly key?: string;
  /** Fields of its requests besides ours. */
  readonly extraBody?: JsonObject;
}

/** Where the calls of a task go, in this order; each is opened when it is its turn for the first time. */
export interface AuxiliaryPlan {
  readonly routes: readonly (() => Promise<AuxiliaryRoute>)[];
  /** Whether the user named the first one for this task: a limit there is not a reason to ask somebody else. */
  readonly isNamed: boolean;
  /** Whether the next one is asked whatever one fails with, but for a question that is too long for it. */
  readonly isVital?: boolean;
  /** For one route, from the request to the last byte of the answer. */
  readonly timeoutMs: number;
}

export interface AuxiliaryDeps {
  readonly clock: Clock;
  readonly plan: (task: AuxiliaryTask) => AuxiliaryPlan;
  /** Places and keys that are out of credit, with the monotonic time until which they are left alone. */
  readonly rests: Map<string, number>;
  /** Where is noted which place did not answer: most of these calls fail without a word to anybody. */
  readonly log: Log;
  /** Takes what each call used, before its answer is told; never rejects. */
  readonly keep?: (side: SideUsage) => Promise<void>;
}

/** Small calls, and what they used: counted apart from the turns, as they may go to another model at another price. */
export interface Auxiliary extends AuxiliaryModel {
  used(): Usage;
}

/** How long a place without credit is left alone, in milliseconds: somebody has to pay first. */
const restMs = 600_000;

/** What passes by itself, and how long to wait for it, in milliseconds. */
const transient: ReadonlySet<ErrorCode> = new Set([
  "network/unreachable",
  "network/timeout",
  "stream/no_terminal_event",
  "model/server_error",
]);
const retryWaitMs = 500;

/** What keeps a place from answering whoever asks: the next one is asked, even where the user named this one. */
const unavailable: ReadonlySet<ErrorCode> = new Set([
  "model/quota",
  "network/unreachable",
  "network/timeout",
  "network/tls",
  "stream/no_terminal_event",
]);

/** What another place may do better, where nobody named one. */
const unwilling: ReadonlySet<ErrorCode> = new Set([
  "model/rate_limited",
  "model/overloaded",
  "model/server_error",
  "model/not_found",
  "auth/missing",
  "auth/rejected",
  "auth/not_entitled",
]);

/**
 * Small model calls: each task at the first of its routes that can be asked. An abort ends a call at once. Never sends
 * a temperature; what a server may not take (an effort, a limit of tokens, a schema) is left out the second time.
 */
export function createAuxiliary(deps: AuxiliaryDeps): Auxiliary {
  const { clock, plan, rests, log, keep } = deps;
  let used = nothingSpent;
  const counterOf =
    (kind: AuxiliaryTask, { provider, model }: AuxiliaryRoute) =>
    async (usage: Usage): Promise<void> => {
      used = withCall(used, usage);
      await keep?.({ kind, provider, model, ...withCall(nothingSpent, usage) });
    };
  return {
    used: () => used.usage,
    has: (task) => plan(task).routes.length > 0,
    async ask(request, signal) {
      throwIfAborted(signal);
      const { routes, isNamed, isVital = false, timeoutMs } = plan(request.task);
      const failures: HermesError[] = [];
      for (const [index, open] of routes.entries()) {
        let place = "";
        let account = "";
        try {
          const route = await abortable(open, signal);
          place = `${route.provider} ${route.baseUrl}`;
          account = [place, route.key].join(" ");
          refuseResting(rests, account, { route, now: clock.monotonic() });
          const count = counterOf(request.task, route);
          return await askPatiently({ clock, route, timeoutMs, count }, request, signal);
        } catch (thrown) {
          throwIfAborted(signal);
          const error = toHermesError(thrown);
          failures.push(error);
          log.write("warning", "auxiliary.failed", {
            task: request.task,
            place: place === "" ? undefined : place,
            code: error.code,
            message: error.message,
          });
          if (error.code === "model/quota" && !rests.has(account)) {
            rests.set(account, clock.monotonic() + restMs);
          }
          const isFirst = index === 0;
          const isLeft =
            (isVital && error.code !== "model/context_overflow") ||
            unavailable.has(error.code) ||
            (unwilling.has(error.code) && !(isNamed && isFirst)) ||
            // A fallback that cannot even be opened says nothing of those behind it.
            (place === "" && !isFirst);
          if (!isLeft) break;
        }
      }
      throw failures[0] ?? nobody(request.task);
    },
  };
}

function nobody(task: AuxiliaryTask): HermesError {
  return new HermesError("config/invalid", `No model is there for small calls: ${task}`, {
    hint: `hermes config set auxiliary.${task}.provider NAME`,
  });
}

/** @throws {HermesError} `model/quota` while a place is left alone */
function refuseResting(
  rests: Map<string, number>,
  account: string,
  { route, now }: { readonly route: AuxiliaryRoute; readonly now: number },
): void {
  const until = rests.get(account);
  if (until === undefined) return;
  if (until <= now) {
    rests.delete(account);
    return;
  }
  const minutes = Math.ceil((until - now) / 60_000);
  throw new HermesError(
    "model/quota",
    `${route.provider} was out of credit, it is asked again in ${minutes} min`,
    { hint: "add credit there, or name another provider under auxiliary in config.yaml" },
  );
}

interface Attempt extends AuxiliaryRequest {
  /** Without what a server may not take. */
  readonly isPlain: boolean;
}

interface Asking {
  readonly clock: Clock;
  readonly route: AuxiliaryRoute;
  readonly timeoutMs: number;
  readonly count: (usage: Usage) => Promise<void>;
}

/** One call, once more after a failure that passes, and once more with less where the server takes less. */
async function askPatiently(
  asking: Asking,
  request: AuxiliaryRequest,
  signal: AbortSignal,
): Promise<string> {
  const { clock, timeoutMs } = asking;
  const endsAt = clock.monotonic() + timeoutMs;
  let isPlain = false;
  for (let mayRetry = true; ;) {
    try {
      return await askOnce(asking, { ...request, isPlain }, { signal, endsAt });
    } catch (thrown) {
      throwIfAborted(signal);
      const { code } = toHermesError(thrown);
      if (code === "model/bad_request" && !isPlain) {
        isPlain = true;
        continue;
      }
      const isInTime = clock.monotonic() + retryWaitMs < endsAt;
      if (!mayRetry || !transient.has(code) || !isInTime) throw thrown;
      mayRetry = false;
      await clock.sleep(retryWaitMs, signal);
    }
  }
}

async function askOnce(
  { clock, route, count }: Asking,
  request: Attempt,
  { signal, endsAt }: { readonly signal: AbortSignal; readonly endsAt: number },
): Promise<string> {
  const { model, transport } = route;
  const step = stepOf(request, route);
  const events = withIdleTimeout(clock, (stop) => transport.stream(step, stop), {
    source: `${request.task} by ${model} at ${route.baseUrl}`,
    limits: { overallMs: endsAt - clock.monotonic() },
    signal,
  });
  const texts: string[] = [];
  for await (const event of events) {
    if (event.type === "item-end" && event.item.type === "assistant-message") {
      texts.push(event.item.text);
    }
    if (event.type !== "step-end") continue;
    await count(event.usage);
    if (event.finishReason !== "stop") {
      throw new HermesError("model/truncated", `The answer of ${model} was cut off`);
    }
  }
  const answer = texts.join("\n").trim();
  if (answer === "") {
    throw new HermesError("model/empty_answer", `${model} answered with nothing`);
  }
  return answer;
}

function stepOf(
  request: Attempt,
  { model, extraBody }: Pick<AuxiliaryRoute, "model" | "extraBody">,
): ModelRequest {
  const { task, instructions, text, maxOutputTokens, outputSchema, isPlain } = request;
  return {
    // Of the task's own: what is cached for the conversation stays where it is.
    sessionId: `auxiliary-${task}`,
    model,
    instructions,
    items: [{ type: "user-message", id: newItemId(), parts: [{ type: "text", text }] }],
    tools: [],
    reasoningEffort: isPlain ? "none" : "low",
    ...(maxOutputTokens === undefined || isPlain ? {} : { maxOutputTokens }),
    ...(outputSchema === undefined || isPlain ? {} : { outputSchema }),
    ...(extraBody === undefined ? {} : { extraBody }),
  };
}
