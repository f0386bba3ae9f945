import type { ReviewedTurn } from "../agent/review/review.ts";
import type { Item } from "../core/item.ts";
import type { Backend, BackendRequest } from "./backend.ts";
import type { AppParts } from "./parts.ts";
import { createReviewer, type Reviewer } from "./reviewer.ts";

/** What is the same for every turn that may be reviewed. */
export type TurnFacts = Omit<ReviewedTurn, "turnId" | "history">;

/**
 * The reviewer of a conversation that somebody watches and that leaves something behind. None where nobody wants to be
 * told, for recordings (they hold the conversation alone), and for what shall not be kept.
 */
export function openReviewer(
  app: AppParts,
  request: BackendRequest,
  conversation: {
    readonly backend: Backend;
    readonly facts: TurnFacts;
    readonly items: () => readonly Item[];
  },
): Reviewer | undefined {
  const { config, options } = request;
  const { onReview, ephemeral, record, replay } = options;
  if (!onReview || ephemeral || record !== undefined || replay) return undefined;
  const { backend, items } = conversation;
  return createReviewer(
    {
      items,
      openSide: async () =>
        await (await import("./review_side.ts")).openReviewSide(app, request, backend),
      openTools: async () =>
        await (await import("./review_tools.ts")).createReviewTools(app, config),
      report: onReview,
      keep: request.keepSide,
    },
    {
      facts: reviewedFacts(conversation.facts),
      toolNames: backend.toolNames,
      intervals: {
        userTurns: config.memory.nudge_interval,
        toolSteps: config.skills.creation_nudge_interval,
      },
    },
  );
}

/** Without what else turns have: who can be asked, what an answer must be like. */
function reviewedFacts(facts: TurnFacts): TurnFacts {
  const { sessionId, model, instructions, cwd, reasoningEffort } = facts;
  const { serviceTier, maxOutputTokens } = facts;
  return {
    sessionId,
    model,
    instructions,
    cwd,
    reasoningEffort,
    ...(serviceTier === undefined ? {} : { serviceTier }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
  };
}
