import type { Replay } from "../../core/item.ts";
import type { JsonObject } from "../../core/json.ts";
import { object, text } from "../fields.ts";
import { type Issuer, openReplay, stampReplay } from "../replay_stamp.ts";

const wireApi = "chat_completions";

/** Packs reasoning for endpoints that want it back word for word. */
export function reasoningReplay(by: Issuer, content: string): Replay {
  return stampReplay(wireApi, by, { reasoning_content: content });
}

/** Reasoning to send back; "" when there is none, or another endpoint made it. */
export function readReasoningReplay(replay: Replay | undefined, by: Issuer): string {
  return text(openReplay(replay, wireApi, by), "reasoning_content");
}

/** Packs what a vendor put beside a tool call, such as the signature of the thought that led to it. */
export function callReplay(by: Issuer, extraContent: JsonObject): Replay {
  return stampReplay(wireApi, by, { extra_content: extraContent });
}

/** What a vendor wants back beside its tool call, if there is something. */
export function readCallReplay(replay: Replay | undefined, by: Issuer): JsonObject | undefined {
  return object(openReplay(replay, wireApi, by), "extra_content");
}
