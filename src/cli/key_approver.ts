import type {
  ApprovalDecision,
  ApprovalRequest,
  ApprovalVerdict,
  Approver,
} from "../core/approval.ts";
import type { Clock, Terminal } from "../core/ports.ts";
import { subjectLines } from "./render/approval_subject.ts";
import type { Mask } from "./render/error.ts";
import { oneLine } from "./render/plain.ts";
import type { Style } from "./render/style.ts";

export interface KeyApproverDeps {
  readonly terminal: Pick<Terminal, "stderr" | "keys">;
  readonly clock: Clock;
  /** Of stderr. */
  readonly style: Style;
  readonly mask: Mask;
  /** Ctrl-C was typed in place of an answer. */
  onInterrupt(): void;
}

/** What was typed before the question could be read is no answer to it: keys count from here on, in milliseconds. */
const readingMs = 150;

const answers: ReadonlyMap<string, ApprovalDecision> = new Map([
  ["o", "allow_once"],
  ["s", "allow_session"],
  ["a", "allow_always"],
  ["d", "deny"],
  ["\x1b", "deny"],
]);

const words: Readonly<Record<ApprovalDecision, string>> = {
  allow_once: "once",
  allow_session: "for this session",
  allow_always: "always",
  deny: "denied",
};

/**
 * Asks the person at the terminal with one key: once, session, always, deny. Silence for `timeoutMs` is a denial, and so
 * are an abort and a terminal that goes away.
 */
export function createKeyApprover(deps: KeyApproverDeps, timeoutMs: number): Approver {
  const { terminal, clock } = deps;
  return {
    async decide(request, signal) {
      await terminal.stderr.write(questionText(deps, request, timeoutMs));
      const ended = new AbortController();
      const shownAt = clock.monotonic();
      let verdict: ApprovalVerdict = { decision: "deny", by: "policy" };
      const silence = clock.sleep(timeoutMs, AbortSignal.any([signal, ended.signal])).then(
        () => {
          verdict = { decision: "deny", by: "timeout" };
          ended.abort();
        },
        () => undefined,
      );
      for await (const key of terminal.keys(AbortSignal.any([signal, ended.signal]))) {
        if (key === "\x03") {
          verdict = { decision: "deny", by: "user" };
          deps.onInterrupt();
          break;
        }
        const decision = answerOf(request, key);
        if (decision === undefined || clock.monotonic() - shownAt < readingMs) continue;
        verdict = { decision, by: "user" };
        break;
      }
      ended.abort();
      await silence;
      await terminal.stderr.write(`${words[verdict.decision]}\n`);
      return verdict;
    },
  };
}

/** Whether an answer can be kept that long by whoever asks. */
function canKeep({ scopes }: ApprovalRequest, scope: "session" | "always"): boolean {
  return scopes?.includes(scope) ?? true;
}

function answerOf(request: ApprovalRequest, key: string): ApprovalDecision | undefined {
  const decision = answers.get(key.toLowerCase());
  if (decision === "allow_session" && !canKeep(request, "session")) return undefined;
  if (decision === "allow_always" && !canKeep(request, "always")) return undefined;
  return decision;
}

function questionText(
  { style, mask }: KeyApproverDeps,
  request: ApprovalRequest,
  timeoutMs: number,
): string {
  const { subject, reason, alwaysAllows } = request;
  const always = alwaysAllows === undefined ? "" : ` ${mask(oneLine(alwaysAllows))}`;
  const choices = [
    "[o]nce",
    ...(canKeep(request, "session") ? ["[s]ession"] : []),
    ...(canKeep(request, "always") ? [`[a]lways${always}`] : []),
    "[d]eny",
  ].join("  ");
  const seconds = Math.round(timeoutMs / 1_000);
  return [
    "",
    `${style.yellow("Allow this?")} ${mask(oneLine(reason))}`,
    ...subjectLines(subject, mask).map((line) => `  ${line}`),
    `${choices} ${style.dim(`(denied after ${seconds} s)`)} `,
  ].join("\n");
}
