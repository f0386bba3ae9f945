import type { App } from "../../app.ts";
import { HermesError } from "../../core/errors.ts";
import { worldProblem } from "../../tools/output.ts";
import {
  forgetChange,
  type PendingChange,
  pendingChanges,
  type PendingSubsystem,
} from "../../tools/pending_changes.ts";
import { oneLine, plainText } from "../render/plain.ts";

/** What a subsystem does with its changes that wait. */
export interface Decisions {
  readonly subsystem: PendingSubsystem;
  /** What the change would do, in full. @throws {Refusal}, or the operating system's error */
  preview(change: PendingChange): Promise<string>;
  /** Makes the change; what was done. @throws as `preview` */
  make(change: PendingChange): Promise<string>;
}

type Deps = Pick<App, "ports" | "paths">;

/** What a person may type behind `/memory` and `/skills`. */
export const decisionOperands = "[show|approve|reject ID]";

const actions = ["show", "approve", "reject"] as const;

/** What is done about a change. */
export type DecisionAction = (typeof actions)[number];

/** The changes that wait, a line each. @throws the operating system's error */
export async function pendingLines(
  app: Deps,
  subsystem: PendingSubsystem,
): Promise<readonly string[]> {
  const pending = await pendingOf(app, subsystem);
  return pending.map(
    ({ id, summary }) =>
      `waits for you: ${id}  ${oneLine(summary)} (/${subsystem} show|approve|reject ${id})`,
  );
}

/** The changes that wait, the oldest first. @throws the operating system's error */
export function pendingOf(
  app: Deps,
  subsystem: PendingSubsystem,
): Promise<readonly PendingChange[]> {
  return pendingChanges(storeOf(app), subsystem);
}

/**
 * Does what is typed behind a slash command: `approve 0123abcd`; without an id the one change that waits is meant.
 * @throws {HermesError} `usage/invalid`
 */
export async function decide(app: Deps, decisions: Decisions, operands: string): Promise<string> {
  const [word = "", id, ...more] = operands.split(/\s+/);
  const command = `/${decisions.subsystem}`;
  const action = actions.find((one) => one === word);
  if (!action || more.length > 0) {
    const problem = action ? `${word} takes one id` : `No such action: ${word}`;
    throw usage(problem, `${command}, or ${command} ${actions.join("|")} ID`);
  }
  return await decideChange(app, decisions, { action, id, command });
}

/**
 * Shows, makes or forgets a change that waits. One that does not fit any more goes on waiting. `command` is what a person
 * types before an action.
 * @throws {HermesError} `usage/invalid`
 */
export async function decideChange(
  app: Deps,
  decisions: Decisions,
  {
    action,
    id,
    command,
  }: {
    readonly action: DecisionAction;
    readonly id: string | undefined;
    readonly command: string;
  },
): Promise<string> {
  const { subsystem } = decisions;
  const store = storeOf(app);
  const pending = await pendingChanges(store, subsystem);
  const change = id === undefined && pending.length === 1 ? pending[0] : byId(pending, id);
  if (!change) {
    const ids = pending.map((one) => one.id).join(", ");
    throw usage(
      id === undefined ? `${action} needs the id of a change` : `No such change waits: ${id}`,
      ids === "" ? "nothing waits" : `what waits: ${ids}`,
    );
  }
  if (action === "reject") {
    await forgetChange(store, change);
    return `Not done: ${oneLine(change.summary)}`;
  }
  let told: string;
  try {
    told = await (action === "show" ? decisions.preview(change) : decisions.make(change));
  } catch (error) {
    throw usage(await refusalOf(error, subsystem), `${command} reject ${change.id} forgets it`);
  }
  if (action === "show") return plainText(told.trimEnd());
  await forgetChange(store, change);
  return `Done: ${oneLine(told)}`;
}

function byId(
  pending: readonly PendingChange[],
  id: string | undefined,
): PendingChange | undefined {
  return pending.find((one) => one.id === id);
}

/** Why a change is not made; rethrows what is a bug. */
async function refusalOf(error: unknown, subsystem: PendingSubsystem): Promise<string> {
  const { Refusal } = await import("../../tools/patching/plan_changes.ts");
  if (error instanceof Refusal) return error.message;
  // The file of a change can be edited by hand.
  if (error instanceof HermesError && error.code === "turn/tool_arguments") return error.message;
  const problem = worldProblem(error);
  if (problem === undefined) throw error;
  return `Cannot change ${subsystem}: ${problem}`;
}

function storeOf({ ports, paths }: Deps) {
  return { files: ports.files, hermesHome: paths.home };
}

function usage(message: string, hint: string): HermesError {
  return new HermesError("usage/invalid", message, { hint });
}
