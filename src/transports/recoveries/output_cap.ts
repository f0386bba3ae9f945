import type { ModelEndpoint } from "../../core/provider.ts";
import type { Recovery } from "../recover.ts";
import { statedOutputCeiling, statedOutputTokens } from "../stated_limits.ts";

/** Servers count a few tokens more than they state. */
const margin = 64;

/**
 * The prompt fits, but not with the output that was asked for beside it: this one call asks for what is left. What the
 * model can say at most is remembered.
 */
export function outputCap({ dialect }: ModelEndpoint): Recovery {
  const ceilings = new Map<string, number>();

  return {
    per: "call",
    prepare(request) {
      const ceiling = ceilings.get(request.model);
      if (ceiling === undefined || (request.maxOutputTokens ?? 0) <= ceiling) return undefined;
      return { request: { ...request, maxOutputTokens: ceiling } };
    },
    learn({ status, text }, { model, maxOutputTokens }) {
      if (!dialect.maxOutputTokens) return undefined;
      if (status !== undefined && ![400, 413, 422].includes(status)) return undefined;
      // As much or more would be refused again.
      const isLess = (cap: number): boolean =>
        maxOutputTokens === undefined || cap < maxOutputTokens;
      const ceiling = statedOutputCeiling(text);
      if (ceiling !== undefined && isLess(ceiling)) {
        ceilings.set(model, ceiling);
        return { maxOutputTokens: ceiling };
      }
      const left = statedOutputTokens(text);
      const cap = left && Math.max(1, left - margin);
      return cap !== undefined && isLess(cap) ? { maxOutputTokens: cap } : undefined;
    },
  };
}
