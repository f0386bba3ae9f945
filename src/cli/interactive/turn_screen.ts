import type { ApprovalDecision, ApprovalVerdict } from "../../core/approval.ts";
import {
  addUsage,
  noUsage,
  type PlanEvent,
  type TurnEvent,
  type TurnOutcome,
  type Usage,
} from "../../core/event.ts";
import type { Item, ToolCall, ToolResult, UserMessage } from "../../core/item.ts";
import type { Clock } from "../../core/ports.ts";
import { renderError, type Mask } from "../render/error.ts";
import { oneLine, plainText } from "../render/plain.ts";
import { failureLine, toolLine } from "../render/tool_line.ts";
import { compactionLine } from "../render/compaction_line.ts";
import { workFailure, workLine, type Work } from "../render/work_line.ts";
import { AnswerWriter } from "./answer_writer.ts";
import { hasSucceeded, resultSummary, seconds } from "./result_summary.ts";
import { frameMs, statusLine, type Activity } from "./status_line.ts";
import type { Talk } from "./talk.ts";

export interface TurnScreenDeps {
  readonly talk: Talk;
  readonly clock: Clock;
  readonly mask: Mask;
}

/** Shows one turn of a session: the answer as it is written, everything else in one line each. */
export class TurnScreen implements AsyncDisposable {
  readonly #deps: TurnScreenDeps;
  readonly #finished = new AbortController();
  readonly #ticking: Promise<void>;
  readonly #calls = new Map<string, ToolCall>();
  /** What runs now, by the id of its item. */
  readonly #running = new Map<string, Activity>();
  #waiting: Activity;
  readonly #answers: AnswerWriter;
  /** Whether the last thing that was printed is no answer: one that follows stands apart from it. */
  #hasLines = false;
  #reasoning = "";
  #plan = "";
  /** Whether the message that began the turn was seen. */
  #hasBegun = false;
  #usage: Usage = noUsage;

  constructor(deps: TurnScreenDeps) {
    this.#deps = deps;
    this.#answers = new AnswerWriter(deps.talk);
    this.#waiting = this.#begin("waiting for the model");
    deps.talk.setStatus(() => this.#status());
    this.#ticking = this.#tick();
  }

  /** Tokens of the turn so far. */
  get usage(): Usage {
    return this.#usage;
  }

  /** The readable reasoning of the turn so far. */
  get reasoning(): string {
    return this.#reasoning;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#finished.abort();
    await this.#ticking;
    this.#deps.talk.setStatus(undefined);
  }

  /** Shows an event; nothing any more when the turn was left behind. Calls come one after the other. */
  async show(event: TurnEvent): Promise<void> {
    if (this.#finished.signal.aborted) return;
    switch (event.type) {
      case "turn-start":
        return;
      case "item-start":
        this.#onStart(event.item);
        return;
      case "item-delta":
        await this.#onDelta(event);
        return;
      case "item-end":
        await this.#onEnd(event.item);
        return;
      case "item-reset":
        await this.#onReset(event.itemIds);
        return;
      case "retry": {
        const { attempt, maxAttempts, delayMs, error } = event;
        const pause = delayMs === 0 ? "" : ` in ${seconds(delayMs)}`;
        const when = `attempt ${attempt} of ${maxAttempts}${pause}`;
        this.#waiting = this.#begin("waiting to try again");
        await this.#note(`${when}: ${this.#safe(error.message)} (${error.code})`);
        return;
      }
      case "notice":
        await this.#note(this.#safe(event.text), event.level);
        return;
      case "plan":
        await this.#onPlan(event);
        return;
      case "approval-decided":
        await this.#onVerdict(event.verdict);
        return;
      case "usage":
        this.#usage = addUsage(this.#usage, event.usage);
        return;
      case "session-split":
        await this.#note(compactionLine(event.compaction), "info");
        return;
      case "turn-end":
        await this.#onTurnEnd(event.outcome);
        return;
      default:
        event satisfies never;
    }
  }

  #begin(label: string): Activity {
    return { label, startedAt: this.#deps.clock.monotonic() };
  }

  #status(): string {
    const running = [...this.#running.values()];
    const now = this.#deps.clock.monotonic();
    return statusLine(running.length > 0 ? running : [this.#waiting], now);
  }

  async #tick(): Promise<void> {
    const { clock, talk } = this.#deps;
    while (!this.#finished.signal.aborted) {
      talk.tick();
      await clock.sleep(frameMs, this.#finished.signal).catch(() => undefined);
    }
  }

  #onStart(item: Item): void {
    switch (item.type) {
      case "reasoning":
        this.#running.set(item.id, this.#begin("thinking"));
        return;
      case "assistant-message":
        this.#running.set(item.id, this.#begin("answering"));
        return;
      case "tool-call":
        this.#running.set(item.id, this.#begin(`preparing ${item.name}`));
        return;
      case "tool-result": {
        const call = this.#calls.get(item.callId);
        this.#running.set(item.id, this.#begin(call ? this.#safe(toolLine(call)) : "tool"));
        break;
      }
      case "command":
      case "file-change":
        this.#running.set(item.id, this.#begin(this.#safe(workLine(item))));
        break;
      case "user-message":
      case "compaction":
        break;
      default:
        item satisfies never;
    }
  }

  async #onDelta({ itemId, channel, delta }: ItemDelta): Promise<void> {
    switch (channel) {
      case "text":
        await this.#answers.write(itemId, delta, () => this.#separate());
        return;
      case "reasoning":
        this.#reasoning += delta;
        return;
      case "output": {
        const activity = this.#running.get(itemId);
        const detail = this.#safe(delta.trimEnd().split("\n").at(-1) ?? "");
        if (activity && detail !== "") this.#running.set(itemId, { ...activity, detail });
        return;
      }
      default:
        channel satisfies never;
    }
  }

  async #onEnd(item: Item): Promise<void> {
    const activity = this.#running.get(item.id);
    this.#running.delete(item.id);
    this.#waiting = this.#begin("waiting for the model");
    switch (item.type) {
      case "assistant-message":
        await this.#answers.finish(item.id, item.text, () => this.#separate());
        return;
      case "reasoning":
        await this.#onReasoning(item.text, activity);
        return;
      case "tool-call":
        this.#calls.set(item.callId, item);
        return;
      case "tool-result":
        await this.#onResult(item, activity);
        break;
      case "command":
      case "file-change":
        await this.#onWork(item, activity);
        break;
      case "user-message":
        await this.#onMessage(item);
        break;
      case "compaction":
        break;
      default:
        item satisfies never;
    }
  }

  /** A message of the person's that came while the turn ran; the first one began it, and stands there already. */
  async #onMessage({ parts, synthetic }: UserMessage): Promise<void> {
    const isFirst = !this.#hasBegun;
    this.#hasBegun = true;
    const [written] = parts;
    if (isFirst || synthetic || written?.type !== "text") return;
    const { bold, dim } = this.#deps.talk.style;
    const text = this.#deps.mask(plainText(written.text)).replaceAll("\n", "\n  ");
    await this.#say(`${bold("> ")}${text} ${dim("→ the turn")}`);
  }

  /** Before an answer. */
  async #separate(): Promise<void> {
    if (this.#hasLines) await this.#deps.talk.say("");
    this.#hasLines = false;
  }

  async #onReasoning(text: string, activity: Activity | undefined): Promise<void> {
    // Summaries may come without deltas.
    if (!this.#reasoning.endsWith(text)) this.#reasoning += text;
    if (this.#reasoning !== "") this.#reasoning = `${this.#reasoning.trimEnd()}\n\n`;
    const elapsed = activity ? this.#deps.clock.monotonic() - activity.startedAt : 0;
    if (elapsed >= 1_000) await this.#note(`thought for ${seconds(elapsed)}`);
  }

  async #onResult(result: ToolResult, activity: Activity | undefined): Promise<void> {
    const { clock, talk } = this.#deps;
    const call = this.#calls.get(result.callId);
    const summary = resultSummary(result, activity ? clock.monotonic() - activity.startedAt : 0);
    const width = Math.max(20, talk.columns - summary.length - 6);
    const what = this.#safe(call ? toolLine(call, width) : "tool");
    const { dim, green, red } = talk.style;
    if (result.isError) {
      const why = this.#safe(failureLine(result, Math.max(20, talk.columns - what.length - 5)));
      await this.#say(`${red("✗")} ${dim(`${what}: ${why}`)}`);
    } else {
      const mark = hasSucceeded(result) ? green("✓") : red("✗");
      await this.#say(`${mark} ${dim(`${what} (${summary})`)}`);
    }
  }

  async #onWork(work: Work, activity: Activity | undefined): Promise<void> {
    const { clock, talk } = this.#deps;
    const { dim, green, red } = talk.style;
    const failure = workFailure(work);
    const elapsed = seconds(activity ? clock.monotonic() - activity.startedAt : 0);
    const facts = failure === undefined ? elapsed : `${failure}, ${elapsed}`;
    const what = this.#safe(workLine(work, Math.max(20, talk.columns - facts.length - 6)));
    await this.#say(
      `${failure === undefined ? green("✓") : red("✗")} ${dim(`${what} (${facts})`)}`,
    );
  }

  /** The plan as it stands, once for each change of it. */
  async #onPlan({ steps }: PlanEvent): Promise<void> {
    const marks = { pending: "○", in_progress: "●", completed: "✓" };
    const lines = steps.map(({ text, status }) => `${marks[status]} ${this.#safe(text)}`);
    const plan = lines.join("\n");
    if (plan === this.#plan || plan === "") return;
    this.#plan = plan;
    for (const line of lines) await this.#note(`  ${line}`);
  }

  async #onReset(itemIds: readonly string[]): Promise<void> {
    for (const id of itemIds) this.#running.delete(id);
    const wasShown = itemIds.some((id) => this.#answers.isShowing(id));
    await this.#answers.end();
    if (wasShown) await this.#note("-- connection lost, trying again --", "warning");
  }

  async #onVerdict({ decision, by }: ApprovalVerdict): Promise<void> {
    // The time that somebody thought about it is no time of the tool.
    const startedAt = this.#deps.clock.monotonic();
    for (const [id, activity] of this.#running) this.#running.set(id, { ...activity, startedAt });
    const line = by === "policy" ? undefined : verdictLines[decision];
    if (line !== undefined) await this.#note(by === "timeout" ? `${line}: nobody answered` : line);
  }

  async #onTurnEnd(outcome: TurnOutcome): Promise<void> {
    const { talk, mask } = this.#deps;
    this.#running.clear();
    await this.#answers.end();
    switch (outcome.status) {
      case "completed":
        if (this.#answers.hasWritten) return;
        await this.#answers.finish("final", outcome.finalText, () => this.#separate());
        return;
      case "interrupted":
        await this.#note("interrupted", "warning");
        return;
      case "failed": {
        const { style } = talk;
        await this.#say(renderError(outcome.error, { mask, style, debug: false }).trimEnd());
        return;
      }
      default:
        outcome satisfies never;
    }
  }

  async #note(text: string, level: "info" | "warning" = "info"): Promise<void> {
    const { dim, yellow } = this.#deps.talk.style;
    await this.#say(level === "warning" ? yellow(text) : dim(text));
  }

  async #say(text: string): Promise<void> {
    this.#hasLines = true;
    await this.#deps.talk.say(text);
  }

  #safe(text: string): string {
    // A secret is recognised by where it begins: an escape sequence before it must be gone first.
    return this.#deps.mask(oneLine(text));
  }
}

type ItemDelta = Extract<TurnEvent, { type: "item-delta" }>;

const verdictLines: Readonly<Record<ApprovalDecision, string>> = {
  allow_once: "allowed once",
  allow_session: "allowed for this session",
  allow_always: "allowed always",
  deny: "denied",
};
