import type {
  ApprovalDecision,
  ApprovalRequest,
  ApprovalVerdict,
  Approver,
} from "../../core/approval.ts";
import { HermesError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import type { Question } from "../../core/tool.ts";
import { subjectLines } from "../render/approval_subject.ts";
import type { Mask } from "../render/error.ts";
import { oneLine, plainText } from "../render/plain.ts";
import type { Choice } from "./select.ts";
import type { Answered, Talk } from "./talk.ts";

export interface PersonDeps {
  readonly talk: Talk;
  readonly clock: Clock;
  /** How long an approval is waited for, in milliseconds. */
  readonly approvalTimeoutMs: number;
  readonly mask: Mask;
  /** Ends the turn: a question was answered with Ctrl-C. */
  interruptTurn(): void;
}

/** The person at the terminal, as tools see them: allows what is dangerous, and answers questions. */
export interface Person extends Approver {
  /** The answer; undefined where none can be had any more. */
  ask(question: Question, signal: AbortSignal): Promise<string | undefined>;
}

/** Somebody to ask at the terminal. One question at a time: whoever asks waits for the one before. */
export function createPerson(deps: PersonDeps): Person {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Value>(question: () => Promise<Value>): Promise<Value> => {
    const answer = last.then(question);
    last = answer.catch(() => undefined);
    return answer;
  };
  return {
    decide: (request, signal) => inTurn(() => decide(deps, request, signal)),
    ask: (question, signal) => inTurn(() => ask(deps, question, signal)),
  };
}

type ApprovalChoice = Choice & { readonly decision: ApprovalDecision };

/** What can be answered: an answer that whoever asks cannot keep is not offered. */
function choicesFor({ scopes, alwaysAllows }: ApprovalRequest): readonly ApprovalChoice[] {
  const canKeep = (scope: "session" | "always"): boolean => scopes?.includes(scope) ?? true;
  const always =
    alwaysAllows === undefined ? "always allow" : `always allow ${oneLine(alwaysAllows)}`;
  const choices: readonly (ApprovalChoice | false)[] = [
    { hotkey: "o", alias: "y", label: "allow once", decision: "allow_once" },
    canKeep("session") && {
      hotkey: "s",
      label: "allow for this session",
      decision: "allow_session",
    },
    canKeep("always") && { hotkey: "a", label: always, isWhole: true, decision: "allow_always" },
    // "n" alone would be no answer, and Enter behind it would allow.
    { hotkey: "d", alias: "n", label: "deny", decision: "deny" },
  ];
  return choices.filter((choice) => choice !== false);
}

async function decide(
  deps: PersonDeps,
  request: ApprovalRequest,
  signal: AbortSignal,
): Promise<ApprovalVerdict> {
  const { talk, clock, approvalTimeoutMs } = deps;
  const { style } = talk;
  const choices = choicesFor(request);
  await talk.say(
    [
      style.yellow(`Allow this? ${deps.mask(oneLine(request.reason))}`),
      ...subjectLines(request.subject, deps.mask).map((line) => `  ${line}`),
    ].join("\n"),
  );
  const endsAt = clock.monotonic() + approvalTimeoutMs;
  const footer = (): string =>
    `no answer within ${Math.max(0, Math.ceil((endsAt - clock.monotonic()) / 1_000))} s denies it`;
  const silence = new AbortController();
  const answered = new AbortController();
  // Rejected when the question was answered in time.
  clock.sleep(approvalTimeoutMs, answered.signal).then(
    () => silence.abort(new HermesError("approval/denied", "Nobody answered in time")),
    () => undefined,
  );
  try {
    const choice = await talk.choose(
      { choices, footer },
      AbortSignal.any([signal, silence.signal]),
    );
    if (choice.kind === "interrupted") deps.interruptTurn();
    const decision = choice.kind === "answer" ? choices[choice.value]?.decision : undefined;
    return { decision: decision ?? "deny", by: "user" };
  } catch (error) {
    if (!signal.aborted && !silence.signal.aborted) throw error;
    return { decision: "deny", by: signal.aborted ? "user" : "timeout" };
  } finally {
    answered.abort();
  }
}

async function ask(
  deps: PersonDeps,
  { question, choices }: Question,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { talk } = deps;
  await talk.say(talk.style.yellow(plainText(question)));
  try {
    const chosen = choices.length === 0 ? undefined : await chooseOrWrite(talk, choices, signal);
    const answered = chosen ?? (await talk.askText(signal, { isExpected: choices.length > 0 }));
    switch (answered.kind) {
      case "answer":
        await talk.say(talk.style.dim(`  ${plainText(answered.value)}`));
        return answered.value;
      case "dismissed":
        return undefined;
      case "interrupted":
        deps.interruptTurn();
        return undefined;
      default:
        return answered satisfies never;
    }
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

/** One of the choices; undefined when the person wants to write something else. */
async function chooseOrWrite(
  talk: Talk,
  choices: readonly string[],
  signal: AbortSignal,
): Promise<Answered<string> | undefined> {
  const answered = await talk.choose(
    {
      choices: [...choices, "something else"].map((label, index) => ({
        label: plainText(label).replaceAll("\n", " "),
        hotkey: String(index + 1),
      })),
    },
    signal,
  );
  if (answered.kind !== "answer") return answered;
  const value = choices[answered.value];
  return value === undefined ? undefined : { kind: "answer", value };
}
