import { HermesError } from "../core/errors.ts";
import type { SessionInfo } from "../core/session_store.ts";
import { lineageNumber } from "./titles.ts";

/** Sessions that a name could mean, as the store found them. */
export interface Candidates {
  readonly byId: SessionInfo | undefined;
  /** Whose title is the name, or the name with a number, `report #2`; perhaps others besides. */
  readonly byTitle: readonly TitledSession[];
  /** Whose id begins so; two are enough to see that it is not one. */
  readonly byPrefix: readonly SessionInfo[];
}

export interface TitledSession {
  readonly info: SessionInfo;
  /** The first of the sessions that it goes on from by compression. */
  readonly rootId: string;
}

/**
 * The session that a name means: an id before a title, a title before the beginning of an id. Whose title is the very name
 * comes before those with a number, which may be other sessions that were called alike; of these it is the newest.
 * @throws {HermesError} `session/not_found`, `session/ambiguous`
 */
export function chooseSession(name: string, { byId, byTitle, byPrefix }: Candidates): SessionInfo {
  if (byId) return byId;
  const newest = newestOf(byTitle, name);
  if (newest) return newest;
  const [first, second] = byPrefix;
  if (first && second) {
    throw new HermesError(
      "session/ambiguous",
      `More than one session begins with ${name}: ${first.id}, ${second.id}`,
      { hint: "type more of the id; hermes sessions list shows them" },
    );
  }
  if (first) return first;
  throw sessionNotFound(name);
}

/** Numbers tell others of one name apart too: who has the very title is meant, and what goes on from there. */
function newestOf(byTitle: readonly TitledSession[], name: string): SessionInfo | undefined {
  const owner = byTitle.find(({ info }) => info.title === name);
  const [newest] = byTitle
    .filter(({ rootId }) => owner === undefined || rootId === owner.rootId)
    .flatMap(({ info }) => {
      const number = lineageNumber(info.title ?? "", name);
      return number === undefined ? [] : [{ info, number }];
    })
    .toSorted((a, b) => b.number - a.number);
  return newest?.info;
}

export function sessionNotFound(name: string): HermesError {
  return new HermesError("session/not_found", `No such session: ${name}`, {
    hint: "hermes sessions list shows them",
  });
}

/** The failure of compressing a session that another process has compressed. */
export function goesOnElsewhere(sessionId: string): HermesError {
  return new HermesError(
    "store/invalid",
    `Session ${sessionId} was compressed by another process and goes on there`,
    { hint: `hermes --resume ${sessionId}` },
  );
}

/** The failure of going on from what another process took back, which is still in mind here. */
export function wasRewound(sessionId: string): HermesError {
  return new HermesError(
    "store/invalid",
    `Turns of session ${sessionId} were taken back by another process`,
    { hint: `go on from what is left: /resume ${sessionId}, or hermes --resume ${sessionId}` },
  );
}
