import type { App, Conversation, ConversationOptions, ModelFlags } from "../../app.ts";
import { addUsage, noUsage, type Usage } from "../../core/event.ts";
import { defined } from "../../core/defined.ts";
import { errnoOf, HermesError, toHermesError } from "../../core/errors.ts";
import type { ContentPart, UserMessage } from "../../core/item.ts";
import { expandAttachments } from "../attachments.ts";
import { autoPrune } from "../auto_prune.ts";
import { exitCodes } from "../exit_codes.ts";
import { wholeItems } from "../whole_session.ts";
import { renderError, type Mask } from "../render/error.ts";
import { openMarkdown } from "./answer_writer.ts";
import { header, lastExchange } from "./header.ts";
import type { PromptHistory } from "./prompt_history.ts";
import { reviewLines } from "./review_lines.ts";
import type { SessionChanges, SessionChoice, SlashOutcome } from "./slash_command.ts";
import { parseSlash, runSlash, type SlashCall } from "./slash_commands.ts";
import type { Talk } from "./talk.ts";
import { TurnScreen } from "./turn_screen.ts";

/** A second Ctrl-C within this time leaves, in milliseconds. */
const secondInterruptMs = 2_000;

/** How long a review may go on when the session is left, in milliseconds. */
const reviewGraceMs = 5_000;

export interface SessionDeps {
  readonly app: App;
  readonly talk: Talk;
  readonly mask: Mask;
  readonly history: PromptHistory;
  /** Whether errors come with their stack. */
  readonly debug: boolean;
}

/** A conversation with a person: messages, turns and slash commands, until somebody leaves. */
export class InteractiveSession implements AsyncDisposable {
  readonly #deps: SessionDeps;
  #options: ConversationOptions;
  #later: SessionChanges = {};
  #conversation: Conversation;
  /** Whether the session has a turn, of now or of before: it can be gone on with. */
  #hasTurns: boolean;
  /** Whether a turn was begun since the conversation was opened. */
  #hasSpoken = false;
  readonly #skills: ConversationOptions["skills"];
  #usage: Usage = noUsage;
  #reasoning = "";
  #lastInterruptAt = -Infinity;
  /** Whether messages could not be kept for later sessions. */
  #forgets = false;
  /** What goes with the next message. */
  #attachments: readonly ContentPart[] = [];
  /** Conversations that were left while they were reviewed: each is closed when that has ended. */
  readonly #left = new Map<Conversation, Promise<void>>();
  /** Ends what runs now. */
  #running: AbortController | undefined;
  /** Resolves when nothing runs. */
  #idle: Promise<void> = Promise.resolve();
  readonly #forced = Promise.withResolvers<void>();

  private constructor(deps: SessionDeps, options: ConversationOptions, conversation: Conversation) {
    this.#deps = deps;
    this.#options = options;
    this.#skills = options.skills;
    this.#conversation = conversation;
    this.#hasTurns = options.resume !== undefined;
  }

  /** @throws {HermesError} as `App.openConversation` does */
  static async open(deps: SessionDeps, options: ConversationOptions): Promise<InteractiveSession> {
    const { display } = await deps.app.config();
    const { talk, mask } = deps;
    const watched: ConversationOptions = {
      ...options,
      onReview(report) {
        const { columns, style } = talk;
        const lines = reviewLines(report, display.memory_notifications, { columns, mask });
        for (const line of lines) talk.aside(style.dim(line));
      },
    };
    return new InteractiveSession(deps, watched, await deps.app.openConversation(watched));
  }

  /** Resolves with the second Ctrl-C: what still runs must not be waited for. */
  get forced(): Promise<void> {
    return this.#forced.promise;
  }

  /** The session that can be gone on with, if there is one. */
  get resumableId(): string | undefined {
    return this.#hasTurns && !this.#options.ephemeral ? this.#conversation.sessionId : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const open = [this.#conversation, ...this.#left.keys()];
    await Promise.all(open.map((conversation) => conversation[Symbol.asyncDispose]()));
    await this.#deps.talk.sayAsides();
  }

  /** Talks until somebody leaves; resolves with the exit code. `attachments` go with the first message. */
  async run(attachments: readonly ContentPart[]): Promise<number> {
    this.#attachments = attachments;
    const code = await this.#converse();
    if (code !== exitCodes.interrupted) await this.#finishReviews();
    return code;
  }

  async #converse(): Promise<number> {
    const { talk } = this.#deps;
    await this.#greet();
    await this.#tidyUp();
    await talk.say("");
    while (true) {
      const said = await talk.readMessage();
      switch (said.kind) {
        case "end-of-input":
          return exitCodes.done;
        case "interrupt":
          if (this.#isSecondInterrupt()) return exitCodes.interrupted;
          await talk.say(talk.style.dim("Ctrl-C again leaves, as Ctrl-D and /quit do"));
          break;
        case "message":
          if ((await this.#handle(said.text)) === "leave") return exitCodes.done;
          break;
        default:
          said satisfies never;
      }
    }
  }

  /** Ends what runs now; the second time within two seconds everything. */
  interrupt(): void {
    if (this.#isSecondInterrupt()) this.#forced.resolve();
    else void this.stop();
  }

  /** Ends what runs now; resolves when it has ended. */
  async stop(): Promise<void> {
    this.#running?.abort(new HermesError("turn/interrupted", "Interrupted"));
    await this.#idle;
  }

  /** Waits for the reviews that still run, for a moment; Ctrl-C ends the wait. */
  async #finishReviews(): Promise<void> {
    const { app, talk } = this.#deps;
    const reviews = [this.#conversation.review(), ...this.#left.values()].filter(
      (review) => review !== undefined,
    );
    if (reviews.length === 0) return;
    await this.#interruptible(async (signal) => {
      await talk.say(talk.style.dim("Keeping what was learned: Ctrl-C leaves at once"));
      const waited = new AbortController();
      const grace = app.ports.clock
        .sleep(reviewGraceMs, AbortSignal.any([signal, waited.signal]))
        .catch(() => undefined);
      await Promise.race([Promise.all(reviews), grace]);
      waited.abort();
    });
  }

  /** Closes a conversation, one that is being reviewed when that has ended. */
  async #leave(conversation: Conversation): Promise<void> {
    const review = conversation.review();
    if (!review) return await conversation[Symbol.asyncDispose]();
    const closed = review
      .then(() => conversation[Symbol.asyncDispose]())
      // What cannot be closed any more is not the next session's trouble.
      .catch(() => undefined)
      .finally(() => this.#left.delete(conversation));
    this.#left.set(conversation, closed);
  }

  #isSecondInterrupt(): boolean {
    const now = this.#deps.app.ports.clock.monotonic();
    const isSecond = now - this.#lastInterruptAt <= secondInterruptMs;
    this.#lastInterruptAt = now;
    return isSecond;
  }

  async #greet(): Promise<void> {
    const { app, talk, mask } = this.#deps;
    const { version, homeDirectory } = app.ports.host;
    const { style } = talk;
    await talk.say(header(this.#conversation, { version, homeDirectory, style }));
    if (!this.#hasTurns) return;
    const sessions = await app.sessions();
    const whole = await sessions.whole(this.#conversation.sessionId);
    const exchange = lastExchange(await wholeItems(sessions, whole), {
      style,
      mask,
      render: (markdown) => {
        const stream = openMarkdown(talk);
        return stream.push(markdown) + stream.end();
      },
    });
    if (exchange !== undefined) await talk.say(`\n${exchange}`);
  }

  /** Old sessions go where the user wants that; one who came to talk is not kept from it by a failure. */
  async #tidyUp(): Promise<void> {
    const { app, talk, mask } = this.#deps;
    const told = await autoPrune(app, this.#conversation.sessionId).catch(
      (error: unknown) => `Old sessions were not deleted: ${mask(toHermesError(error).message)}`,
    );
    if (told !== undefined) await talk.say(talk.style.dim(told));
  }

  /** Does what a message asks for; whatever goes wrong is told, and the session goes on. */
  async #handle(text: string): Promise<SlashOutcome> {
    const { talk, mask, debug } = this.#deps;
    const { style } = talk;
    await this.#remember(text);
    try {
      const call = parseSlash(text);
      if (!call) await this.#turn(text);
      else if ((await this.#slash(call)) === "leave") return "leave";
    } catch (thrown) {
      const error = toHermesError(thrown);
      const isInterrupt = error.code === "turn/interrupted";
      const told = isInterrupt
        ? style.yellow("interrupted")
        : renderError(error, { mask, style, debug }).trimEnd();
      await talk.say(told);
    }
    await talk.say("");
    return "stay";
  }

  /** Keeps a message for later sessions; that this does not work is told once. */
  async #remember(text: string): Promise<void> {
    const { talk, history } = this.#deps;
    if (this.#forgets) return;
    try {
      await history.add(text);
    } catch (error) {
      this.#forgets = true;
      const reason = errnoOf(error) ?? String(error);
      await talk.say(talk.style.yellow(`The history cannot be kept: ${reason}`));
    }
  }

  async #slash(call: SlashCall): Promise<SlashOutcome> {
    const { app, talk, mask } = this.#deps;
    return await this.#interruptible((signal) =>
      runSlash(call, {
        app,
        talk,
        mask,
        signal,
        conversation: this.#conversation,
        modelFlags: this.#modelFlags(),
        usage: this.#usage,
        reasoning: this.#reasoning,
        reopen: (session, changes) => this.#reopen(session, changes),
        later: (changes) => {
          this.#later = { ...this.#later, ...changes };
        },
      }),
    );
  }

  #modelFlags(): ModelFlags {
    const { provider, baseUrl } = this.#options;
    return {
      model: this.#conversation.model,
      ...(provider === undefined ? {} : { provider }),
      ...(baseUrl === undefined ? {} : { baseUrl }),
    };
  }

  async #turn(text: string): Promise<void> {
    const { app, talk, mask } = this.#deps;
    const { files, clock, host } = app.ports;
    const { cwd } = this.#conversation;
    let parts: UserMessage["parts"];
    try {
      parts = await expandAttachments(text, { files, cwd, homeDirectory: host.homeDirectory });
    } catch (error) {
      // Nothing was sent: the message is there to be mended.
      talk.putBack(text);
      throw error;
    }
    const message: UserMessage = {
      type: "user-message",
      id: crypto.randomUUID(),
      parts: [...parts, ...this.#attachments],
    };
    this.#attachments = [];
    await this.#interruptible(async (signal) => {
      // What was typed ahead was meant for after the answer; what is sent from now on is meant for after the interrupt.
      signal.addEventListener("abort", () => talk.putBack(""), { once: true });
      await using screen = new TurnScreen({ talk, clock, mask });
      for await (const event of this.#conversation.runTurn(message, signal)) {
        if (event.type === "turn-start") this.#hasTurns = this.#hasSpoken = true;
        await screen.show(event);
      }
      this.#usage = addUsage(this.#usage, screen.usage);
      this.#reasoning = screen.reasoning;
    });
  }

  async #interruptible<Value>(work: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
    const running = new AbortController();
    const ended = Promise.withResolvers<void>();
    this.#running = running;
    this.#idle = ended.promise;
    using _ = this.#deps.talk.onInterrupt(() => this.interrupt());
    try {
      return await work(running.signal);
    } finally {
      this.#running = undefined;
      ended.resolve();
    }
  }

  async #reopen(session: SessionChoice, changes: SessionChanges = {}): Promise<void> {
    const later = session.kind === "new" ? this.#later : {};
    const {
      resume: _resume,
      baseUrl,
      runtime,
      model,
      provider,
      skills: _skills,
      ...options
    } = {
      ...this.#options,
      ...later,
      ...changes,
    };
    const resume = this.#resumeFor(session);
    // The address belongs to the provider that it was given with.
    const keepsAddress = baseUrl !== undefined && changes.provider === undefined;
    // A session that is there already has a model, a place and a runtime of its own.
    const choices = {
      ...(model === undefined ? {} : { model }),
      ...(provider === undefined ? {} : { provider }),
      ...(keepsAddress ? { baseUrl } : {}),
      ...(runtime === undefined ? {} : { runtime }),
    };
    const next: ConversationOptions = {
      ...options,
      ...(session.kind === "named" ? {} : choices),
      ...defined("skills", this.#skillsFor(session)),
      ...(resume === undefined ? {} : { resume }),
    };
    const conversation = await this.#deps.app.openConversation(next);
    await this.#leave(this.#conversation);
    this.#conversation = conversation;
    this.#options = next;
    this.#hasTurns = resume !== undefined;
    this.#hasSpoken = false;
    if (session.kind === "same") {
      if (session.isQuiet) return;
      const { model: now, provider: where, approval } = conversation;
      await this.#deps.talk.say(`${now} (${where}), approvals: ${approval}`);
      return;
    }
    this.#reasoning = "";
    this.#usage = noUsage;
    await this.#greet();
  }

  /** The skills of the command line begin a session; one that has them already, or is another, gets none. */
  #skillsFor({ kind }: SessionChoice): ConversationOptions["skills"] {
    if (kind === "new") return this.#skills;
    return kind === "same" && !this.#hasSpoken ? this.#options.skills : undefined;
  }

  #resumeFor(session: SessionChoice): ConversationOptions["resume"] {
    switch (session.kind) {
      case "new":
        return undefined;
      case "named":
        return session;
      case "same":
        if (!this.#hasTurns) return undefined;
        if (!this.#options.ephemeral) {
          return { kind: "named", idOrTitle: this.#conversation.sessionId };
        }
        throw new HermesError("usage/invalid", "An ephemeral session stays as it was begun", {
          hint: "/new begins another one",
        });
      default:
        return session satisfies never;
    }
  }
}
