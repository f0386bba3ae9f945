import type { ConversationOptions } from "../app.ts";
import { defined } from "../core/defined.ts";
import type { Job, JobRun, JobTask } from "../core/cron.ts";
import { HermesError } from "../core/errors.ts";
import { addUsage, noUsage, type TurnEvent, type TurnOutcome } from "../core/event.ts";
import type { Item } from "../core/item.ts";
import type { Clock } from "../core/ports.ts";
import { unattendedSource } from "../core/session_store.ts";
import type { TurnReport } from "../cron/run_job.ts";
import { runIdVariable } from "./cron_script.ts";
import { newItemId } from "./ids.ts";
import type { AppParts } from "./parts.ts";

/** A turn may go so long without an event, in ms, unless `HERMES_CRON_TIMEOUT` says otherwise. */
const usualSilenceMs = 600_000;

/**
 * Runs the turn of a job in a session of its own, with nobody there to ask.
 * @throws {HermesError} what kept it from beginning
 */
export async function runTurn(
  app: AppParts,
  turn: { readonly job: Job; readonly run: JobRun; readonly prompt: string },
  signal: AbortSignal,
): Promise<TurnReport> {
  const options = await conversationOptions(app, turn.job.task, turn.run);
  await using conversation = await app.openConversation({ ...options, signal });
  const silence = watchSilence(
    app.ports.clock,
    silenceLimit((await app.env())["HERMES_CRON_TIMEOUT"]),
  );
  let outcome: TurnOutcome = { status: "interrupted" };
  let usage = noUsage;
  let lastText = "";
  let isNamed = false;
  let { sessionId } = conversation;
  const message = {
    type: "user-message",
    id: newItemId(),
    parts: [{ type: "text", text: turn.prompt }],
  } as const;
  try {
    const either = AbortSignal.any([signal, silence.signal]);
    for await (const event of conversation.runTurn(message, either)) {
      silence.heard(seen(event));
      // From here on it is stored.
      if (event.type === "item-start" && !isNamed) {
        isNamed = true;
        await nameSession(app, sessionId, turn);
      }
      if (event.type === "item-end" && event.item.type === "assistant-message") {
        lastText = event.item.text;
      }
      if (event.type === "session-split") sessionId = event.sessionId;
      if (event.type === "usage") usage = addUsage(usage, event.usage);
      if (event.type === "turn-end") outcome = event.outcome;
    }
  } finally {
    silence.end();
  }
  const { problem } = silence;
  const isSilenced = outcome.status !== "completed" && problem !== undefined && !signal.aborted;
  return {
    sessionId,
    usage,
    lastText,
    outcome: isSilenced ? { status: "failed", error: problem, completedItemIds: [] } : outcome,
  };
}

async function conversationOptions(
  app: AppParts,
  task: JobTask,
  run: Pick<JobRun, "id">,
): Promise<ConversationOptions> {
  const { approvals } = await app.config();
  return {
    source: unattendedSource,
    // The same wherever the daemon or the command was started.
    cwd: task.workdir ?? app.ports.host.homeDirectory,
    ...defined("model", task.model),
    ...defined("provider", task.provider),
    ...defined("runtime", task.runtime),
    ...defined("toolsets", task.toolsets),
    skills: task.skills,
    ephemeral: false,
    approval: approvals.cron_mode === "approve" ? "yolo" : "deny",
    allow: task.allow,
    // What a command leaves behind when this process dies is found by it, before another attempt.
    commandEnv: { [runIdVariable]: run.id },
  };
}

/** A session that cannot have its name goes without. */
async function nameSession(
  app: AppParts,
  sessionId: string,
  { job, run }: { readonly job: Job; readonly run: JobRun },
): Promise<void> {
  const time = new Date(run.startedAt).toISOString().slice(0, 19).replace("T", " ");
  const sessions = await app.sessions();
  await sessions.rename(sessionId, `${job.name}, ${time}`).catch(() => undefined);
}

/** Ends what is silent for too long. */
interface SilenceWatch {
  /** Aborts when nothing was heard for too long. */
  readonly signal: AbortSignal;
  /** Why it did. */
  readonly problem: HermesError | undefined;
  heard(what: string): void;
  end(): void;
}

function watchSilence(clock: Clock, limitMs: number): SilenceWatch {
  const silent = new AbortController();
  const ended = new AbortController();
  let last = "its start";
  let lastAt = clock.monotonic();
  let problem: HermesError | undefined;
  const watch = async (): Promise<void> => {
    for (;;) {
      const leftMs = lastAt + limitMs - clock.monotonic();
      if (leftMs <= 0) break;
      await clock.sleep(leftMs, ended.signal);
    }
    problem = new HermesError(
      "turn/deadline",
      `Nothing happened for ${limitMs / 1_000} s; the last was ${last}`,
      { hint: "HERMES_CRON_TIMEOUT sets the limit in seconds, 0 is none" },
    );
    silent.abort(problem);
  };
  // Ends with `end`, or with what it has found.
  if (limitMs > 0) watch().catch(() => undefined);
  return {
    signal: silent.signal,
    get problem() {
      return problem;
    },
    heard(what) {
      last = what;
      lastAt = clock.monotonic();
    },
    end: () => ended.abort(),
  };
}

/** In ms; 0: none. */
function silenceLimit(text: string | undefined): number {
  const seconds = Number(text?.trim() || NaN);
  return seconds >= 0 ? seconds * 1_000 : usualSilenceMs;
}

/** An event in words, without anything of its content. */
function seen(event: TurnEvent): string {
  switch (event.type) {
    case "item-start":
      return `the start of ${itemName(event.item)}`;
    case "item-end":
      return `the end of ${itemName(event.item)}`;
    case "item-delta":
      return "a part of an answer";
    case "retry":
      return `attempt ${event.attempt} of ${event.maxAttempts}`;
    default:
      return event.type.replaceAll("-", " ");
  }
}

function itemName(item: Item): string {
  return item.type === "tool-call" ? `the tool ${item.name}` : item.type.replaceAll("-", " ");
}
