import type { Replay } from "../../core/item.ts";
import { isJsonArray } from "../../core/json.ts";
import { text } from "../fields.ts";
import { type Issuer, openReplay, stampReplay } from "../replay_stamp.ts";

const wireApi = "responses";

/** What a message is sent back with. */
export interface MessageReplay {
  readonly id?: string;
  readonly phase?: string;
  readonly status: string;
}

/** Reasoning as the server wants it back; only the server can read it. */
export interface ReasoningReplay {
  /** For dropping duplicates; never sent, because with `store: false` the server looks ids up and answers 404. */
  readonly id?: string;
  readonly encryptedContent: string;
  readonly summary: readonly string[];
}

/** Packs what a message is sent back with. */
export function messageReplay(by: Issuer, { id, phase, status }: MessageReplay): Replay {
  return stampReplay(wireApi, by, { status, ...(id && { id }), ...(phase && { phase }) });
}

/** What a message is sent back with; undefined when there is nothing, or another endpoint made it. */
export function readMessageReplay(
  replay: Replay | undefined,
  by: Issuer,
): MessageReplay | undefined {
  const payload = openReplay(replay, wireApi, by);
  if (payload === undefined) return undefined;
  const [id, phase] = [text(payload, "id"), text(payload, "phase")];
  return {
    status: normalStatus(text(payload, "status")),
    ...(id !== "" && { id }),
    ...(phase !== "" && { phase }),
  };
}

/** Packs encrypted reasoning. */
export function reasoningReplay(
  by: Issuer,
  { id, encryptedContent, summary }: ReasoningReplay,
): Replay {
  return stampReplay(wireApi, by, {
    encrypted_content: encryptedContent,
    summary,
    ...(id && { id }),
  });
}

/** Encrypted reasoning to send back; undefined when there is none, or another endpoint made it. */
export function readReasoningReplay(
  replay: Replay | undefined,
  by: Issuer,
): ReasoningReplay | undefined {
  const payload = openReplay(replay, wireApi, by);
  const encryptedContent = text(payload, "encrypted_content");
  if (encryptedContent === "") return undefined;
  const id = text(payload, "id");
  const summary = payload?.["summary"];
  return {
    encryptedContent,
    summary: isJsonArray(summary) ? summary.filter((part) => typeof part === "string") : [],
    ...(id !== "" && { id }),
  };
}

/** `In Progress` and `in-progress` are `in_progress`; what is no status of an item is `completed`. */
export function normalStatus(status: string): string {
  const normal = status.trim().toLowerCase().replace(/[- ]/g, "_");
  return ["completed", "incomplete", "in_progress"].includes(normal) ? normal : "completed";
}
