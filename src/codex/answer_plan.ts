import type { ApprovalRequest, ApprovalVerdict } from "../core/approval.ts";
import type { ChangedFile } from "../core/item.ts";
import type { Json, JsonObject } from "../core/json.ts";
import type { Question } from "../core/tool.ts";
import type { RpcId } from "../wire/json_rpc.ts";

/** What codex asks of its client. */
export interface ServerRequest {
  readonly id: RpcId;
  readonly method: string;
  readonly params: Json;
}

/** What a request alone does not tell. */
export interface AnswerFacts {
  /** Of the turn. */
  readonly cwd: string;
  /** What a file change that was announced holds; empty when it is not known. */
  changesOf(itemId: string): readonly ChangedFile[];
  /** A command that was announced. */
  commandOf(itemId: string): { readonly command: string; readonly cwd: string } | undefined;
  /** Whether an MCP server was given to codex by us: codex has no place to keep what is allowed of it. */
  isInjected(server: string): boolean;
}

/** How a request is answered. Every answer is one that the request's own schema takes. */
export type AnswerPlan =
  | { readonly kind: "answer"; readonly result: JsonObject }
  | { readonly kind: "refuse"; readonly code: number; readonly message: string }
  | ApprovalPlan
  | QuestionsPlan
  /** One of our tools is to run. */
  | {
      readonly kind: "tool";
      readonly tool: string;
      readonly namespace: string | undefined;
      readonly callId: string;
      readonly arguments: Json;
    }
  /** The time is wanted, in whole seconds. */
  | { readonly kind: "time" };

/** Somebody must allow it. */
export interface ApprovalPlan {
  readonly kind: "approval";
  readonly request: ApprovalRequest;
  answer(verdict: ApprovalVerdict): JsonObject;
  /** The answer while the turn is being interrupted. */
  readonly cancel: JsonObject;
}

/** A person must tell something. */
export interface QuestionsPlan {
  readonly kind: "questions";
  readonly title: string;
  /** To be put one after the other; none may be left out. */
  readonly questions: readonly { readonly id: string; readonly question: Question }[];
  /** Takes an absent answer, like an undefined one, for one that nobody gave. */
  answer(answers: ReadonlyMap<string, string | undefined>): JsonObject;
}
