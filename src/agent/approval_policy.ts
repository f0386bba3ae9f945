import type { ApprovalRequest, ApprovalVerdict, Approver } from "../core/approval.ts";
import { toHermesError } from "../core/errors.ts";
import type { CommandJudge, CommandJudgement } from "./command_judge.ts";

export interface ApprovalPolicyDeps {
  /** Somebody at the terminal; absent in unattended runs. */
  readonly person?: Approver;
  /** Judges commands in the mode `smart`, before anybody is asked; without one it is as `ask`. */
  readonly judge?: CommandJudge;
  /** Whether one of the user's patterns covers the request. */
  matches(request: ApprovalRequest, pattern: string): boolean;
  /** Keeps an `allow_always` for later sessions. */
  rememberAlways(key: string): Promise<void>;
}

export interface ApprovalPolicyOptions {
  readonly mode: "ask" | "smart" | "deny" | "yolo";
  /** Patterns of the command line and of the configuration. */
  readonly allow: readonly string[];
}

/**
 * Decides by rule where a rule exists, and asks the person otherwise: one question at a time, since two pending
 * prompts cannot be told apart. Without a person, what no rule allows is denied. In the mode `smart` a judge may allow a
 * command this once, or advise against it: then the person decides, where there is one.
 */
export function createApprovalPolicy(
  deps: ApprovalPolicyDeps,
  options: ApprovalPolicyOptions,
): Approver {
  const allowedKeys = new Set<string>();
  let lastQuestion: Promise<unknown> = Promise.resolve();

  /** What a rule says; undefined where somebody has to decide. */
  const byRule = (request: ApprovalRequest): ApprovalVerdict | undefined => {
    if (options.mode === "yolo") return { decision: "allow_once", by: "policy" };
    if (allowedKeys.has(request.key)) return { decision: "allow_session", by: "policy" };
    if (options.allow.some((pattern) => deps.matches(request, pattern))) {
      return { decision: "allow_once", by: "policy" };
    }
    if (options.mode === "deny" || (!deps.person && request.isAllowedUnattended)) {
      return byNobody(request);
    }
    // The person is there, and would be asked about it: what may not be asked is not allowed.
    if (deps.person && request.isUnattended) return { decision: "deny", by: "policy" };
    return undefined;
  };

  const ask = async (request: ApprovalRequest, signal: AbortSignal): Promise<ApprovalVerdict> => {
    // The question before may have allowed this one for the session.
    const verdict = byRule(request);
    // The turn ended while the question waited for its place.
    if (signal.aborted) return { decision: "deny", by: "policy" };
    if (verdict || !deps.person) return verdict ?? byNobody(request);
    const answer = await deps.person.decide(request, signal);
    if (answer.decision === "allow_session" || answer.decision === "allow_always") {
      allowedKeys.add(request.key);
    }
    if (answer.decision !== "allow_always" || request.isKeptByAsker) return answer;
    try {
      await deps.rememberAlways(request.key);
      return answer;
    } catch (error) {
      const notice = `Allowed for this session only, since it could not be kept: ${toHermesError(error).message}`;
      return { ...answer, decision: "allow_session", notice };
    }
  };

  /** After the judge: what it allows runs once, everything else goes to the person, or is denied where there is none. */
  const afterJudge = async (
    request: ApprovalRequest,
    judgement: CommandJudgement,
    next: (request: ApprovalRequest) => Promise<ApprovalVerdict>,
  ): Promise<ApprovalVerdict> => {
    const { kind, why } = judgement;
    if (kind === "approve") {
      return {
        decision: "allow_once",
        by: "policy",
        notice: `Allowed by approvals.mode smart: ${why}`,
      };
    }
    if (!deps.person) {
      const notice = why === undefined ? {} : { notice: `Denied by approvals.mode smart: ${why}` };
      return { ...byNobody(request), ...notice };
    }
    if (kind === "ask") return await next(request);
    return await next({ ...request, reason: `${request.reason} (advised against: ${why})` });
  };

  return {
    async decide(request, signal) {
      const verdict = byRule(request);
      if (verdict) return verdict;
      if (signal.aborted) return { decision: "deny", by: "policy" };
      const inTurn = async (asked: ApprovalRequest): Promise<ApprovalVerdict> => {
        const answer = lastQuestion.then(() => ask(asked, signal));
        lastQuestion = answer.catch(() => undefined);
        return await answer;
      };
      if (options.mode !== "smart" || !deps.judge) return await inTurn(request);
      let judgement: CommandJudgement;
      try {
        judgement = await deps.judge.judge(request, signal);
      } catch {
        // The turn ended.
        return { decision: "deny", by: "policy" };
      }
      return await afterJudge(request, judgement, inTurn);
    },
  };
}

/** Nobody can be asked. */
function byNobody(request: ApprovalRequest): ApprovalVerdict {
  return { decision: request.isAllowedUnattended ? "allow_once" : "deny", by: "policy" };
}
