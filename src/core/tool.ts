import type { ApprovalRequest, Approver } from "./approval.ts";
import type { Usage } from "./event.ts";
import type { JsonObject } from "./json.ts";

/** What the model is told of a tool. */
export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  /** JSON schema of the arguments, an object schema. */
  readonly parameters: JsonObject;
}

/** What a tool does to the world. */
export type ToolEffect = "read" | "write" | "execute" | "network";

/**
 * What a call touches, for the parallel gate: calls run beside one another when all of them are `shared`, or their
 * paths do not overlap (two reads never conflict; a write conflicts with an equal, parent or child path).
 * `exclusive` runs alone.
 */
export type ToolAccess =
  | { readonly mode: "exclusive" }
  | { readonly mode: "shared" }
  | { readonly mode: "read" | "write"; readonly paths: readonly string[] };

/** A question that a tool puts to the person at the terminal. */
export interface Question {
  readonly question: string;
  /** At most four; empty for a free answer. */
  readonly choices: readonly string[];
}

/** What a running tool may use of the turn. */
export interface ToolContext {
  readonly sessionId: string;
  readonly turnId: string;
  readonly callId: string;
  /** Absolute directory against which relative paths are read. */
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** Shows live output; not stored. */
  onOutput(delta: string): void;
  /** The answer of the person, or undefined when nobody can be asked. */
  ask(question: Question): Promise<string | undefined>;
  /** Who decides about calls of the turn; for a tool that has calls made itself. */
  readonly approver?: Approver;
  /** Counts tokens that the tool used to the turn; absent where nobody counts. */
  onUsage?(usage: Usage): void;
}

export interface ToolOutput {
  /** What the model reads: JSON text for the tools of this project. */
  readonly text: string;
  readonly isError: boolean;
}

/** What stands between a parsed call and its run. */
export type ToolPermission =
  | { readonly kind: "allowed" }
  /** Somebody must allow it. */
  | { readonly kind: "ask"; readonly request: ApprovalRequest }
  /** Nobody may allow it; `reason` is told to the model. */
  | { readonly kind: "forbidden"; readonly reason: string };

/** One ability of the agent. Stateless, or with its own state per session inside. */
export interface Tool<Input = unknown> {
  readonly spec: ToolSpec;
  readonly effect: ToolEffect;
  /**
   * Who wrote what it brings, where that is somebody from outside: `MCP server fs`. Its results are fenced then, so that they
   * cannot pass for instructions; those of `network` tools always are.
   */
  readonly untrusted?: string;
  /** Results above this many characters are spilled to a file; the loop's default where absent. */
  readonly maxResultChars?: number;
  /** Calls of one step that run at most; more are refused. No limit where absent. */
  readonly maxCallsPerStep?: number;
  /** @throws {HermesError} `turn/tool_arguments` with a message that the model can act on */
  parse(rawArguments: string): Input;
  /** What the call touches; absent: `exclusive`. Pure. */
  access?(input: Input, cwd: string): ToolAccess;
  /** Whether it may run; absent: allowed. */
  permission?(input: Input, context: ToolContext): ToolPermission | Promise<ToolPermission>;
  /** Failures of the world are results with `isError`; a throw is converted by the loop. */
  run(input: Input, context: ToolContext): Promise<ToolOutput>;
}
