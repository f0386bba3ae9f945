import type { LoopDeps } from "../agent/loop.ts";
import { HermesError } from "../core/errors.ts";
import type { Backend, BackendRequest } from "./backend.ts";
import { codexProvider } from "./choose_runtime.ts";
import { openLoopBackend } from "./loop_backend.ts";
import type { AppParts } from "./parts.ts";

/** What a review is asked over. */
export interface ReviewSide extends AsyncDisposable {
  readonly loop: LoopDeps;
  readonly provider: string;
  /** What differs from the conversation's own turns. */
  readonly facts: { readonly model?: string; readonly instructions?: string };
}

/**
 * The conversation's own loop; for one that codex runs, a loop of ours over the same vendor's endpoint with a login or key
 * that hermes has itself. Undefined where there is none.
 * @throws {HermesError} `config/*`
 */
export async function openReviewSide(
  app: AppParts,
  request: BackendRequest,
  backend: Pick<Backend, "loop" | "model" | "provider">,
): Promise<ReviewSide | undefined> {
  if (backend.loop) {
    const { loop, provider } = backend;
    return { loop, provider, facts: {}, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  for (const provider of [codexProvider, "openai"]) {
    try {
      const { source, cwd } = request.options;
      const own = await openLoopBackend(app, {
        ...request,
        stored: undefined,
        options: {
          source,
          cwd,
          provider,
          runtime: "loop",
          // Codex's own choice of a model is not told.
          ...(backend.model === "auto" ? {} : { model: backend.model }),
          toolsets: ["memory", "skills"],
          ephemeral: true,
          approval: "deny",
          allow: [],
        },
      });
      const { loop, model, instructions } = own;
      if (!loop) throw new TypeError("Our own loop is made of something");
      return {
        loop,
        provider: own.provider,
        facts: { model, instructions },
        [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
      };
    } catch (error) {
      // No login, or no model known for it: the next one, if there is one.
      const isAbsent =
        error instanceof HermesError && ["auth/missing", "usage/invalid"].includes(error.code);
      if (!isAbsent) throw error;
    }
  }
  return undefined;
}
