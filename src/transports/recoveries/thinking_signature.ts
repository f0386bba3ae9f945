import type { ModelItem } from "../../core/item.ts";
import type { ModelEndpoint } from "../../core/provider.ts";
import type { Phrase } from "../failure_phrases.ts";
import { saysAny } from "../failure_rules.ts";
import type { Recovery } from "../recover.ts";
import type { Refusal } from "../refusal.ts";
import { openReplay } from "../replay_stamp.ts";

/** Anthropic, by whatever way it is asked: thoughts are signed, and go back as they were or not at all. */
const phrases: readonly Phrase[] = [
  ["thinking", "signature"],
  ["thinking", "cannot be modified"],
  ["thinking", "must remain"],
];

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
    learn(refusal, request) {
      if (!isSignatureRefusal(refusal)) return undefined;
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

/** Whether a refusal is about the signature of a thought. */
export function isSignatureRefusal({ status, text }: Refusal): boolean {
  return (status === 400 || status === undefined) && saysAny(text, phrases);
}

function bare(item: ModelItem): ModelItem {
  if (item.type !== "reasoning" && item.type !== "tool-call") return item;
  const { replay: _, ...kept } = item;
  return kept;
}
