import type { TurnEvent, TurnOutcome, Usage } from "../../core/event.ts";
import { addUsage, noUsage } from "../../core/event.ts";
import type { OutputStream } from "../../core/ports.ts";
import type { Mask } from "./error.ts";
import type { OpenedSession } from "./json.ts";
import { plainPieces, plainText } from "./plain.ts";
import { Progress } from "./progress.ts";
import type { Style } from "./style.ts";
import type { TurnView } from "./turn_view.ts";

export interface TextViewDeps {
  readonly stdout: Pick<OutputStream, "write" | "isTty">;
  readonly stderr: Pick<OutputStream, "write">;
  /** Of stderr. */
  readonly style: Style;
  /** Masks secrets in what is shown of the run; the answer is data and stays as it is. */
  readonly mask: Mask;
}

export interface TextViewOptions {
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Whether the model's text is shown while it is written; else once, when the answer is whole. */
  readonly streams: boolean;
  /** Whether the last line names the session and its tokens. */
  readonly hasFooter: boolean;
}

/** A run for people and for pipes: the answer on stdout, everything else on stderr. */
export class TextView implements TurnView {
  readonly #deps: TextViewDeps;
  readonly #options: TextViewOptions;
  readonly #lines: Progress;
  readonly #plain = plainPieces();
  /** What was shown of the message that is or was last written. */
  #streamed = "";
  /** The last message of the model that became whole. */
  #whole = "";
  /** Whether the cursor stands behind streamed text. */
  #isMidLine = false;
  #session: OpenedSession | undefined;
  #usage: Usage = noUsage;
  #isEnded = false;

  constructor(deps: TextViewDeps, options: TextViewOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#lines = new Progress({ isVerbose: options.verbose });
  }

  async opened(session: OpenedSession): Promise<void> {
    this.#session = session;
    const { model, provider, approval, cwd } = session;
    if (this.#options.verbose) {
      await this.#progress(`model ${model} (${provider}), approval ${approval}, in ${cwd}`);
    }
  }

  async notice(level: "info" | "warning", text: string): Promise<void> {
    if (this.#isEnded) return;
    if (level === "info") await this.#progress(`notice: ${text}`);
    else await this.#line(`${this.#deps.style.yellow("warning:")} ${this.#safe(text)}`);
  }

  async event(event: Exclude<TurnEvent, { type: "turn-end" }>): Promise<void> {
    if (this.#isEnded) return;
    if (event.type === "notice") await this.notice(event.level, event.text);
    if (event.type === "usage") this.#usage = addUsage(this.#usage, event.usage);
    if (event.type === "item-start" && event.item.type === "assistant-message") this.#streamed = "";
    if (event.type === "item-delta" && event.channel === "text" && this.#options.streams) {
      await this.#stream(event.delta);
    }
    if (event.type === "item-reset" && this.#streamed !== "") {
      await this.#freshLine();
      await this.#progress("(discarded, trying again)");
    }
    if (event.type === "item-end" && event.item.type === "assistant-message") {
      this.#whole = event.item.text;
    }
    const line = this.#lines.line(event);
    if (line !== undefined) await this.#progress(line);
  }

  async end(outcome: TurnOutcome): Promise<void> {
    if (this.#isEnded) return;
    this.#isEnded = true;
    if (outcome.status === "completed") await this.answer(outcome.finalText);
    else await this.#freshLine();
    if (outcome.status === "failed" && outcome.error.code === "turn/answer_invalid") {
      await this.#refused();
    }
    if (this.#session !== undefined && this.#options.hasFooter) {
      const { inputTokens, outputTokens } = this.#usage;
      await this.#progress(
        `session ${this.#session.sessionId}, ${inputTokens} tokens in, ${outputTokens} out`,
      );
    }
  }

  async answer(text: string): Promise<void> {
    const { stdout } = this.#deps;
    const answer = stdout.isTty ? plainText(text) : text;
    await this.#freshLine();
    if (this.#streamed.trim() === answer.trim()) return;
    await stdout.write(answer.endsWith("\n") ? answer : `${answer}\n`);
  }

  /** What was paid for is shown, but not where programs read. */
  async #refused(): Promise<void> {
    const text = this.#safe(this.#whole).trimEnd();
    if (text !== this.#streamed.trimEnd()) await this.#line(text);
  }

  async #stream(delta: string): Promise<void> {
    const text = this.#plain(delta);
    if (text === "") return;
    this.#streamed += text;
    this.#isMidLine = !text.endsWith("\n");
    await this.#deps.stdout.write(text);
  }

  /** Ends the line of a streamed answer, so that what follows has its own. */
  async #freshLine(): Promise<void> {
    if (!this.#isMidLine) return;
    this.#isMidLine = false;
    await this.#deps.stdout.write("\n");
  }

  async #progress(text: string): Promise<void> {
    if (!this.#options.quiet) await this.#line(this.#deps.style.dim(this.#safe(text)));
  }

  async #line(text: string): Promise<void> {
    await this.#freshLine();
    await this.#deps.stderr.write(`${text}\n`);
  }

  #safe(text: string): string {
    return this.#deps.mask(plainText(text));
  }
}
