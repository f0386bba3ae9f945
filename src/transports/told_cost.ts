import { isJsonObject, type JsonObject } from "../core/json.ts";

/**
 * The cost of an answer in US dollars, where its usage tells one (https://openrouter.ai/docs/use-cases/usage-accounting:
 * `cost`, and with a key of the user's own at the vendor, what the vendor asks for besides).
 */
export function toldCost(usage: JsonObject): { readonly costUsd?: number } {
  const cost = amount(usage["cost"]);
  if (cost === undefined) return {};
  if (usage["is_byok"] !== true) return { costUsd: cost };
  const details = usage["cost_details"];
  const vendor = amount(isJsonObject(details) ? details["upstream_inference_cost"] : undefined);
  return vendor === undefined ? {} : { costUsd: Math.round((cost + vendor) * 1e9) / 1e9 };
}

function amount(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}
