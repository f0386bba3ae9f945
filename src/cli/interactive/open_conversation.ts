import type { App, Conversation, ConversationOptions, ModelFlags } from "../../app.ts";
import { LeftConversations } from "./left_conversations.ts";
import { reopenOptions } from "./reopen_options.ts";
import type { SessionChanges, SessionChoice } from "./slash_command.ts";

/** The conversation that a person is in, how it was opened, and how they get into another one. */
export class OpenConversation implements AsyncDisposable {
  readonly #app: App;
  readonly #left: LeftConversations;
  /** The skills of the command line. */
  readonly #skills: ConversationOptions["skills"];
  #options: ConversationOptions;
  #later: SessionChanges = {};
  #current: Conversation;
  #hasTurns: boolean;
  /** Whether a turn was begun since the conversation was opened. */
  #hasSpoken = false;

  private constructor(app: App, options: ConversationOptions, conversation: Conversation) {
    this.#app = app;
    this.#left = new LeftConversations(app.ports.clock);
    this.#skills = options.skills;
    this.#options = options;
    this.#current = conversation;
    this.#hasTurns = options.resume !== undefined;
  }

  /** @throws {HermesError} as `App.openConversation` does */
  static async open(app: App, options: ConversationOptions): Promise<OpenConversation> {
    return new OpenConversation(app, options, await app.openConversation(options));
  }

  get current(): Conversation {
    return this.#current;
  }

  /** Whether its session has a turn, of now or of before. */
  get hasTurns(): boolean {
    return this.#hasTurns;
  }

  /** Whether its session is stored, and can be gone on with. */
  get isResumable(): boolean {
    return this.#hasTurns && !this.#options.ephemeral;
  }

  /** Where its turns go. */
  get modelFlags(): ModelFlags {
    const { provider, baseUrl } = this.#options;
    return {
      model: this.#current.model,
      ...(provider === undefined ? {} : { provider }),
      ...(baseUrl === undefined ? {} : { baseUrl }),
    };
  }

  /** A turn of it begins. */
  turnBegins(): void {
    this.#hasTurns = this.#hasSpoken = true;
  }

  /** Options of the sessions that will be begun from now on. */
  later(changes: SessionChanges): void {
    this.#later = { ...this.#later, ...changes };
  }

  /** Goes on in another one; the present one stays when that cannot be opened. */
  async reopen(session: SessionChoice, changes: SessionChanges): Promise<void> {
    const later = session.kind === "new" ? this.#later : {};
    const next = reopenOptions(
      {
        sessionId: this.#current.sessionId,
        options: this.#options,
        skills: this.#skills,
        hasTurns: this.#hasTurns,
        hasSpoken: this.#hasSpoken,
      },
      session,
      { ...later, ...changes },
    );
    const conversation = await this.#app.openConversation(next);
    await this.#left.leave(this.#current);
    this.#current = conversation;
    this.#options = next;
    this.#hasTurns = next.resume !== undefined;
    this.#hasSpoken = false;
  }

  /** The reviews that still run, of it and of those that were left. */
  reviews(): readonly Promise<unknown>[] {
    return this.#left.reviews(this.#current);
  }

  /** Waits for reviews, for a moment, or until the signal aborts. */
  async wait(reviews: readonly Promise<unknown>[], signal: AbortSignal): Promise<void> {
    await this.#left.wait(reviews, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const open = [this.#current, ...this.#left.open];
    await Promise.all(open.map((conversation) => conversation[Symbol.asyncDispose]()));
  }
}
