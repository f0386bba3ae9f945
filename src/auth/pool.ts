import { type Grant, isUsable } from "./grant.ts";

/** How one of several usable grants is chosen. */
const strategies = ["fill_first", "round_robin", "random", "least_used"] as const;
export type Strategy = (typeof strategies)[number];

/** What was chosen, and the order and counts to keep for the next choice. */
export interface Choice {
  readonly grant: Grant;
  /** Other places in the order, by id; empty when nothing moves. */
  readonly priorities: ReadonlyMap<string, number>;
  readonly requestCount: number;
}

export interface ChoiceOptions {
  readonly strategy: Strategy;
  /** ms since epoch. */
  readonly now: number;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** Ids that were refused already. */
  readonly except?: ReadonlySet<string>;
  /** How many others use a grant; those that fewest use come first. */
  readonly usersOf?: (grant: Grant) => number;
}

/**
 * One of the grants of a provider, given in their order: a usable one if there is any, else one whose rest is a guess of ours, the
 * one that rests for the shortest time. None when all are dead, refused, or rest until a time that the server named.
 */
export function choose(grants: readonly Grant[], options: ChoiceOptions): Choice | undefined {
  const { now, except } = options;
  const left = grants.filter((grant) => !except?.has(grant.id) && grant.accessToken !== "");
  const open = left.filter((grant) => isUsable(grant, now));
  const usersOf = options.usersOf ?? (() => 0);
  const fewest = Math.min(...open.map(usersOf));
  const usable = open.filter((grant) => usersOf(grant) === fewest);
  const grant = pick(usable, options) ?? soonest(left);
  if (!grant) return undefined;
  const isMoved = options.strategy === "round_robin" && open.length > 1;
  const moved = isMoved ? [...grants.filter((one) => one !== grant), grant] : [];
  return {
    grant,
    priorities: new Map(moved.map((one, priority) => [one.id, priority])),
    requestCount: grant.requestCount + 1,
  };
}

/** What the grants without which nothing is left wait for, in ms since epoch; undefined when none of them waits. */
export function earliestReset(grants: readonly Grant[]): number | undefined {
  const times = grants.flatMap(({ status }) => (status.kind === "cooling" ? [status.until] : []));
  return times.length === 0 ? undefined : Math.min(...times);
}

function pick(
  usable: readonly Grant[],
  { strategy, random }: Pick<ChoiceOptions, "strategy" | "random">,
): Grant | undefined {
  switch (strategy) {
    case "fill_first":
    case "round_robin":
      return usable[0];
    case "random":
      return usable[Math.floor(random() * usable.length)];
    case "least_used":
      return usable.toSorted((one, other) => one.requestCount - other.requestCount)[0];
    default:
      return strategy satisfies never;
  }
}

/** A rest whose end nobody told is a guess of ours: rather than refuse a message, it is cut short. */
function soonest(grants: readonly Grant[]): Grant | undefined {
  return grants
    .flatMap((grant) => (grant.status.kind === "cooling" ? [{ grant, ...grant.status }] : []))
    .filter(({ isGuess }) => isGuess)
    .toSorted((one, other) => one.until - other.until)[0]?.grant;
}
