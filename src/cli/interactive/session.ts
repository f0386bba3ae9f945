import type { App, ConversationOptions } from "../../app.ts";
import { formatGoal, type Goal } from "../../agent/goal.ts";
import { addUsage, noUsage, type Usage } from "../../core/event.ts";
import { toHermesError } from "../../core/errors.ts";
import type { ContentPart, UserMessage } from "../../core/item.ts";
import { expandAttachments } from "../attachments.ts";
import { autoPrune } from "../auto_prune.ts";
import { exitCodes } from "../exit_codes.ts";
import { renderError, type Mask } from "../render/error.ts";
import { plainText } from "../render/plain.ts";
import { GoalPursuit } from "./goal_pursuit.ts";
import { header } from "./header.ts";
import { Interrupts } from "./interrupts.ts";
import { shownExchange } from "./last_exchange.ts";
import { MessageMemory } from "./message_memory.ts";
import { OpenConversation } from "./open_conversation.ts";
import type { PromptHistory } from "./prompt_history.ts";
import { reviewLines } from "./review_lines.ts";
import type { SessionChanges, SessionChoice, SlashOutcome } from "./slash_command.ts";
import { isSlash, parseSlash, runSlash, type SlashCall } from "./slash_commands.ts";
import { described } from "./slash_goal.ts";
import type { Talk } from "./talk.ts";
import { TurnScreen } from "./turn_screen.ts";
import { TypedSteering } from "./typed_steering.ts";

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
  readonly #open: OpenConversation;
  #usage: Usage = noUsage;
  #reasoning = "";
  /** What goes with the next message. */
  #attachments: readonly ContentPart[] = [];
  readonly #interrupts: Interrupts;
  readonly #memory: MessageMemory;
  readonly #goal = new GoalPursuit({
    note: (text, level) => this.#note(text, level),
    keep: (goal) => this.#keepGoal(goal),
    auxiliary: () => this.#open.current.auxiliary,
  });

  private constructor(deps: SessionDeps, open: OpenConversation) {
    const { app, talk, history } = deps;
    const { clock } = app.ports;
    this.#deps = deps;
    this.#open = open;
    this.#interrupts = new Interrupts({ clock, talk });
    this.#memory = new MessageMemory({ history, talk });
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
    return new InteractiveSession(deps, await OpenConversation.open(deps.app, watched));
  }

  /** Resolves with the second Ctrl-C: what still runs must not be waited for. */
  get forced(): Promise<void> {
    return this.#interrupts.forced;
  }

  /** The session that can be gone on with, if there is one. */
  get resumableId(): string | undefined {
    return this.#open.isResumable ? this.#open.current.sessionId : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open[Symbol.asyncDispose]();
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
          if (this.#interrupts.isSecond()) return exitCodes.interrupted;
          await talk.say(talk.style.dim("Ctrl-C again leaves, as Ctrl-D and /quit do"));
          break;
        case "message":
          this.#interrupts.forget();
          if ((await this.#handle(said.text)) === "leave") return exitCodes.done;
          await this.#pursueGoal();
          break;
        default:
          said satisfies never;
      }
    }
  }

  /** Ends what runs now; the second time within two seconds everything. */
  interrupt(): void {
    this.#interrupts.interrupt();
  }

  /** Ends what runs now; resolves when it has ended. */
  async stop(): Promise<void> {
    await this.#interrupts.stop();
  }

  /** Waits for the reviews that still run, for a moment; Ctrl-C ends the wait. */
  async #finishReviews(): Promise<void> {
    const { talk } = this.#deps;
    const reviews = this.#open.reviews();
    if (reviews.length === 0) return;
    await this.#interrupts.run(async (signal) => {
      await talk.say(talk.style.dim("Keeping what was learned: Ctrl-C leaves at once"));
      await this.#open.wait(reviews, signal);
    });
  }

  async #greet(): Promise<void> {
    const { app, talk } = this.#deps;
    const { version, homeDirectory } = app.ports.host;
    const { style } = talk;
    await talk.say(header(this.#open.current, { version, homeDirectory, style }));
    this.#goal.load(null);
    if (!this.#open.hasTurns) return;
    const sessions = await app.sessions();
    const { sessionId } = this.#open.current;
    const goal = this.#goal.load(await sessions.goal(sessionId));
    const exchange = await shownExchange(this.#deps, sessionId);
    if (exchange !== undefined) await talk.say(`\n${exchange}`);
    if (goal) await talk.say(`\n${style.yellow(described(goal))}`);
  }

  /** Old sessions go where the user wants that; one who came to talk is not kept from it by a failure. */
  async #tidyUp(): Promise<void> {
    const { app, talk, mask } = this.#deps;
    const told = await autoPrune(app, this.#open.current.sessionId).catch(
      (error: unknown) => `Old sessions were not deleted: ${mask(toHermesError(error).message)}`,
    );
    if (told !== undefined) await talk.say(talk.style.dim(told));
  }

  /** Does what a message asks for; whatever goes wrong is told, and the session goes on. */
  async #handle(text: string): Promise<"stay" | "leave"> {
    await this.#memory.keep(text);
    return await this.#guarded(async () => {
      const call = parseSlash(text);
      const outcome = call ? await this.#slash(call) : { send: text };
      if (outcome === "leave") return "leave";
      if (outcome !== "stay") await this.#turn(outcome.send);
      return "stay";
    });
  }

  /** Goes on by itself as long as there is a goal that wants it, and the person says nothing else. */
  async #pursueGoal(): Promise<void> {
    while (this.#goal.isActive && !this.#deps.talk.hasMessage()) {
      await this.#guarded(
        async () => {
          const nudge = await this.#interrupts.run((signal) => this.#goal.next(signal));
          if (nudge === undefined || this.#deps.talk.hasMessage()) return "stay";
          const parts = [{ type: "text", text: nudge }] as const;
          await this.#play({
            type: "user-message",
            id: crypto.randomUUID(),
            parts,
            synthetic: true,
          });
          return "stay";
        },
        () => this.#goal.pause("it could not go on"),
      );
    }
  }

  async #note(text: string, level: "info" | "warning"): Promise<void> {
    const { talk, mask } = this.#deps;
    const { dim, yellow } = talk.style;
    const told = mask(plainText(text));
    await talk.say(level === "warning" ? yellow(told) : dim(told));
  }

  /** The goal belongs to the session, where that is kept. */
  async #keepGoal(goal: Goal | undefined): Promise<void> {
    if (!this.#open.isResumable) return;
    const { app } = this.#deps;
    const [sessions, redactor] = await Promise.all([app.sessions(), app.redactor()]);
    const kept = goal ? formatGoal(goal, (text) => redactor.content(text)) : null;
    await sessions.keepGoal(this.#open.current.sessionId, kept);
  }

  /** Tells what goes wrong, and stays. */
  async #guarded(
    work: () => Promise<"stay" | "leave">,
    onFailure: () => Promise<void> = () => Promise.resolve(),
  ): Promise<"stay" | "leave"> {
    const { talk, mask, debug } = this.#deps;
    const { style } = talk;
    try {
      if ((await work()) === "leave") return "leave";
    } catch (thrown) {
      const error = toHermesError(thrown);
      const isInterrupt = error.code === "turn/interrupted";
      const told = isInterrupt
        ? style.yellow("interrupted")
        : renderError(error, { mask, style, debug }).trimEnd();
      await talk.say(told);
      // What cannot be kept either has been told by now.
      await onFailure().catch(() => undefined);
    }
    await talk.say("");
    return "stay";
  }

  async #slash(call: SlashCall): Promise<SlashOutcome> {
    const { app, talk, mask } = this.#deps;
    return await this.#interrupts.run((signal) =>
      runSlash(call, {
        app,
        talk,
        mask,
        signal,
        conversation: this.#open.current,
        modelFlags: this.#open.modelFlags,
        usage: this.#usage,
        reasoning: this.#reasoning,
        goal: this.#goal,
        reopen: (session, changes) => this.#reopen(session, changes),
        later: (changes) => this.#open.later(changes),
      }),
    );
  }

  async #turn(text: string): Promise<void> {
    let parts: UserMessage["parts"];
    try {
      parts = await this.#expand(text);
    } catch (error) {
      // Nothing was sent: the message is there to be mended.
      this.#deps.talk.putBack(text);
      throw error;
    }
    const attached = this.#attachments;
    this.#attachments = [];
    await this.#play({
      type: "user-message",
      id: crypto.randomUUID(),
      parts: [...parts, ...attached],
    });
  }

  async #expand(text: string): Promise<UserMessage["parts"]> {
    const { files, host } = this.#deps.app.ports;
    const { cwd } = this.#open.current;
    return await expandAttachments(text, { files, cwd, homeDirectory: host.homeDirectory });
  }

  /** Runs a turn; what is typed meanwhile steers it. */
  async #play(message: UserMessage): Promise<void> {
    const { app, talk, mask } = this.#deps;
    const { clock } = app.ports;
    await this.#interrupts.run(async (signal) => {
      // What was typed ahead was meant for after the answer; what is sent from now on is meant for after the interrupt.
      signal.addEventListener("abort", () => talk.putBack(""), { once: true });
      await using screen = new TurnScreen({ talk, clock, mask });
      const deps = {
        talk,
        isForTurn: (text: string) => !isSlash(text),
        expand: (text: string) => this.#expand(text),
      };
      using typed = new TypedSteering(deps, signal);
      for await (const event of this.#open.current.runTurn(message, signal, typed.steering)) {
        if (event.type === "turn-start") this.#open.turnBegins();
        // The session is there by now.
        if (event.type === "item-end" && event.item.id === message.id) await this.#goal.save();
        await screen.show(event);
        if (event.type === "turn-end") await this.#goal.onTurnEnd(event.outcome);
      }
      this.#usage = addUsage(this.#usage, screen.usage);
      this.#reasoning = screen.reasoning;
    });
  }

  async #reopen(session: SessionChoice, changes: SessionChanges = {}): Promise<void> {
    await this.#open.reopen(session, changes);
    if (session.kind === "same") {
      if (session.isQuiet) return;
      const { model: now, provider: where, approval } = this.#open.current;
      await this.#deps.talk.say(`${now} (${where}), approvals: ${approval}`);
      return;
    }
    this.#reasoning = "";
    this.#usage = noUsage;
    await this.#greet();
  }
}
