import type { App, Conversation, ConversationOptions, ModelFlags } from "../../app.ts";
import type { Usage } from "../../core/event.ts";
import type { Mask } from "../render/error.ts";
import type { GoalPursuit } from "./goal_pursuit.ts";
import type { Talk } from "./talk.ts";

/** Which session a conversation is opened for. */
export type SessionChoice =
  | { readonly kind: "new" }
  /** The present one, with other options. */
  | { readonly kind: "same"; readonly isQuiet?: true }
  | { readonly kind: "named"; readonly idOrTitle: string };

/** Options that change from now on. */
export type SessionChanges = Pick<
  Partial<ConversationOptions>,
  "model" | "provider" | "approval" | "runtime"
>;

/** What a slash command may use of its session. */
export interface SlashContext {
  readonly app: App;
  readonly talk: Talk;
  readonly mask: Mask;
  readonly conversation: Conversation;
  /** Where its turns go. */
  readonly modelFlags: ModelFlags;
  /** Tokens since the session was opened. */
  readonly usage: Usage;
  /** What the model thought in the last turn, as far as it tells; perhaps empty. */
  readonly reasoning: string;
  readonly goal: GoalPursuit;
  /** Aborts with Ctrl-C. */
  readonly signal: AbortSignal;
  /** Goes on in another conversation; the present one stays when that cannot be opened. */
  readonly reopen: (session: SessionChoice, changes?: SessionChanges) => Promise<void>;
  /** Options of the sessions that will be begun from now on. */
  readonly later: (changes: SessionChanges) => void;
}

/** What follows a command; `send`: a message to the model. */
export type SlashOutcome = "stay" | "leave" | { readonly send: string };

/** Something that can be done at the prompt besides talking. */
export interface SlashCommand {
  /** With the slash. */
  readonly name: string;
  readonly aliases?: readonly string[];
  /** What may follow the name, for people. */
  readonly operands?: string;
  readonly summary: string;
  /** @throws {HermesError} what the person is told */
  run(context: SlashContext, operands: string): Promise<SlashOutcome>;
}
