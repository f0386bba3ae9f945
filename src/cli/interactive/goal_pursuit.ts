import {
  canJudge,
  type Goal,
  goalNudge,
  judgeGoal,
  newGoal,
  parseGoal,
  type Verdict,
} from "../../agent/goal.ts";
import type { AuxiliaryModel } from "../../core/auxiliary.ts";
import { toHermesError } from "../../core/errors.ts";
import type { TurnOutcome } from "../../core/event.ts";

export interface GoalPursuitDeps {
  /** Says something about the goal to the person. */
  readonly note: (text: string, level: "info" | "warning") => Promise<void>;
  /** Keeps the goal with its session; undefined: there is none any more. */
  readonly keep: (goal: Goal | undefined) => Promise<void>;
  /** Of the present conversation; undefined where no model can be asked from here. */
  readonly auxiliary: () => AuxiliaryModel | undefined;
}

/** The goal of a session, and what follows from it after each turn. */
export class GoalPursuit {
  readonly #deps: GoalPursuitDeps;
  #goal: Goal | undefined;
  /** Of the last turn that was completed for the goal; the judge looks at it. */
  #answer: string | undefined;

  constructor(deps: GoalPursuitDeps) {
    this.#deps = deps;
  }

  get goal(): Goal | undefined {
    return this.#goal;
  }

  get isActive(): boolean {
    return this.#goal?.status === "active";
  }

  /** Works towards something new from now on. */
  async set(text: string, maxTurns?: number): Promise<void> {
    this.#answer = undefined;
    await this.#change(newGoal(text, maxTurns));
  }

  async clear(): Promise<void> {
    await this.#change(undefined);
  }

  /** No turn begins by itself any more. */
  async pause(reason: string): Promise<void> {
    if (!this.#goal || !this.isActive) return;
    await this.#change({ ...this.#goal, status: "paused", reason });
    await this.#deps.note(`goal paused: ${reason}. /goal resume goes on`, "warning");
  }

  /** Goes on, with all of its turns again. */
  async resume(): Promise<void> {
    if (!this.#goal) return;
    this.#answer = undefined;
    await this.#change({ ...this.#goal, status: "active", turns: 0 });
  }

  /** Takes the goal of a session that was opened: what was left behind does not begin by itself. */
  load(stored: string | null): Goal | undefined {
    const goal = stored === null ? undefined : parseGoal(stored);
    const isLeft = goal?.status === "active";
    this.#goal = isLeft ? { ...goal, status: "paused", reason: "the session was left" } : goal;
    this.#answer = undefined;
    return this.#goal;
  }

  /** Keeps it with a session that may not have been there before. */
  async save(): Promise<void> {
    if (this.#goal) await this.#deps.keep(this.#goal);
  }

  /** A turn has ended. */
  async onTurnEnd(outcome: TurnOutcome): Promise<void> {
    if (!this.#goal || !this.isActive) return;
    switch (outcome.status) {
      case "completed":
        this.#answer = outcome.finalText;
        await this.#change({ ...this.#goal, turns: this.#goal.turns + 1 });
        return;
      case "interrupted":
        await this.pause("the turn was interrupted");
        return;
      case "failed":
        await this.pause(`the turn failed: ${outcome.error.message}`);
        return;
      default:
        outcome satisfies never;
    }
  }

  /** What is said to the model next; undefined when the goal is reached or paused. */
  async next(signal: AbortSignal): Promise<string | undefined> {
    if (!this.#goal || !this.isActive) return undefined;
    if (this.#answer === undefined) return goalNudge(this.#goal, undefined);
    const verdict = await this.#judge(this.#goal, this.#answer, signal);
    if (!verdict) return undefined;
    const { turns, maxTurns } = this.#goal;
    const { done, reason } = verdict;
    if (done) {
      await this.#change(undefined);
      const count = turns === 1 ? "1 turn" : `${turns} turns`;
      await this.#deps.note(`goal reached after ${count}: ${reason}`, "info");
      return undefined;
    }
    if (turns >= maxTurns) {
      await this.pause(`its ${maxTurns} turns are used up, and it is not reached: ${reason}`);
      return undefined;
    }
    await this.#change({ ...this.#goal, reason });
    await this.#deps.note(`goal, turn ${turns + 1} of ${maxTurns}: ${reason}`, "info");
    return goalNudge(this.#goal, reason);
  }

  async #judge(goal: Goal, answer: string, signal: AbortSignal): Promise<Verdict | undefined> {
    const auxiliary = this.#deps.auxiliary();
    if (!canJudge(auxiliary)) {
      await this.pause("no model can judge it in this session");
      return undefined;
    }
    try {
      return await judgeGoal(auxiliary, { goal, answer }, signal);
    } catch (error) {
      const { message } = toHermesError(error);
      await this.pause(signal.aborted ? "interrupted" : `the judge failed twice: ${message}`);
      return undefined;
    }
  }

  async #change(goal: Goal | undefined): Promise<void> {
    this.#goal = goal;
    await this.#deps.keep(goal);
  }
}
