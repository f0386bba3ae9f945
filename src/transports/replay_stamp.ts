import type { Replay, WireApi } from "../core/item.ts";
import { isJsonObject, type JsonObject } from "../core/json.ts";

/** Who makes replay data, or asks for it back. */
export interface Issuer {
  readonly issuer: string;
  readonly model: string;
}

/** Replay data with the stamp of who made it. */
export function stampReplay(
  wireApi: WireApi,
  { issuer, model }: Issuer,
  payload: JsonObject,
): Replay {
  return { wireApi, issuer, model, payload };
}

/** What is inside, for the one who made it; nothing for everybody else. */
export function openReplay(
  replay: Replay | undefined,
  wireApi: WireApi,
  { issuer, model }: Issuer,
): JsonObject | undefined {
  if (replay?.wireApi !== wireApi || replay.issuer !== issuer) return undefined;
  // Data without a model is older than that stamp.
  if (replay.model !== undefined && replay.model !== model) return undefined;
  return isJsonObject(replay.payload) ? replay.payload : undefined;
}
