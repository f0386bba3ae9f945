import type { ConversationOptions } from "../../app.ts";
import { defined } from "../../core/defined.ts";
import { HermesError } from "../../core/errors.ts";
import type { SessionChanges, SessionChoice } from "./slash_command.ts";

/** What a session is now, as far as it decides how another one is opened. */
export interface PresentSession {
  readonly sessionId: string;
  readonly options: ConversationOptions;
  /** The skills of the command line. */
  readonly skills: ConversationOptions["skills"];
  /** Whether it has a turn, of now or of before: it can be gone on with. */
  readonly hasTurns: boolean;
  /** Whether a turn was begun since it was opened. */
  readonly hasSpoken: boolean;
}

/**
 * How another conversation is opened, with other options.
 * @throws {HermesError} `usage/invalid` for an ephemeral session that cannot be opened again
 */
export function reopenOptions(
  present: PresentSession,
  session: SessionChoice,
  changes: SessionChanges,
): ConversationOptions {
  const {
    resume: _resume,
    baseUrl,
    runtime,
    model,
    provider,
    skills: _skills,
    ...options
  } = {
    ...present.options,
    ...changes,
  };
  const resume = resumeFor(present, session);
  // The address belongs to the provider that it was given with.
  const keepsAddress = baseUrl !== undefined && changes.provider === undefined;
  // A session that is there already has a model, a place and a runtime of its own.
  const choices = {
    ...(model === undefined ? {} : { model }),
    ...(provider === undefined ? {} : { provider }),
    ...(keepsAddress ? { baseUrl } : {}),
    ...(runtime === undefined ? {} : { runtime }),
  };
  return {
    ...options,
    ...(session.kind === "named" ? {} : choices),
    ...defined("skills", skillsFor(present, session)),
    ...(resume === undefined ? {} : { resume }),
  };
}

/** The skills of the command line begin a session; one that has them already, or is another, gets none. */
function skillsFor(
  { skills, options, hasSpoken }: PresentSession,
  { kind }: SessionChoice,
): ConversationOptions["skills"] {
  if (kind === "new") return skills;
  return kind === "same" && !hasSpoken ? options.skills : undefined;
}

function resumeFor(
  { sessionId, options, hasTurns }: PresentSession,
  session: SessionChoice,
): ConversationOptions["resume"] {
  switch (session.kind) {
    case "new":
      return undefined;
    case "named":
      return session;
    case "same":
      if (!hasTurns) return undefined;
      if (!options.ephemeral) return { kind: "named", idOrTitle: sessionId };
      throw new HermesError("usage/invalid", "An ephemeral session stays as it was begun", {
        hint: "/new begins another one",
      });
    default:
      return session satisfies never;
  }
}
