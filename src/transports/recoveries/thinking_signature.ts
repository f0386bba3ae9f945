import type { ModelItem } from "../../core/item.ts";
import type { ModelEndpoint } from "../../core/provider.ts";
import type { Recovery } from "../recover.ts";
import { openReplay } from "../replay_stamp.ts";

/** Signed thoughts that the server takes for altered: those of that request are not sent back any more. */
export function thinkingSignature({ provider, wireApi, issuer }: ModelEndpoint): Recovery {
  const stripped = new Set<string>();

  return {
    per: "turn",
    prepare(request) {
      if (!request.items.some(({ id }) => stripped.has(id))) return undefined;
      const items = request.items.map((item) => (stripped.has(item.id) ? bare(item) : item));
      return { request: { ...request, items } };
    },
    learn({ recovery }, request) {
      if (recovery !== "strip-thinking") return undefined;
      const by = { issuer, model: request.model };
      const carrying = request.items.filter(
        (item) =>
          (item.type === "reasoning" || item.type === "tool-call") &&
          openReplay(item.replay, wireApi, by) !== undefined,
      );
      if (carrying.length === 0) return undefined;
      for (const { id } of carrying) stripped.add(id);
      return {
        notice: `${provider} does not take its earlier reasoning back: going on without it`,
      };
    },
  };
}

function bare(item: ModelItem): ModelItem {
  if (item.type !== "reasoning" && item.type !== "tool-call") return item;
  const { replay: _, ...kept } = item;
  return kept;
}
