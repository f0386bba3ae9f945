import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { noUsage, type TurnEvent, type Usage } from "../../src/core/event.ts";
import type { Item } from "../../src/core/item.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../src/core/json.ts";
import { Projector } from "../../src/codex/projector.ts";

const recordings = join(import.meta.dir, "../fixtures/codex");

/** Versions with recordings, oldest first. */
export const recordedVersions: readonly string[] = readdirSync(recordings).toSorted();

/** Names of the recordings of a version. */
export function recordedCases(version: string): readonly string[] {
  return readdirSync(join(recordings, version))
    .map((file) => file.replace(/\.jsonl$/, ""))
    .toSorted();
}

/** What codex sent in a recording, in order. */
export function serverMessages(version: string, name: string): readonly JsonObject[] {
  const text = readFileSync(join(recordings, version, `${name}.jsonl`), "utf8");
  return text
    .split("\n")
    .map((line) => parseJson(line))
    .filter(isJsonObject)
    .filter(({ from }) => from === "server")
    .map(({ message }) => message)
    .filter(isJsonObject);
}

export interface ProjectedTurn {
  readonly events: readonly TurnEvent[];
  readonly projector: Projector;
}

/** The turns of a recording, each as its projector saw it: from `turn/started` to `turn/completed`. */
export function projectRecording(version: string, name: string): readonly ProjectedTurn[] {
  const turns: { events: TurnEvent[]; projector: Projector }[] = [];
  let usageBefore: Usage | undefined = noUsage;
  for (const { method, params } of serverMessages(version, name)) {
    if (typeof method !== "string" || !isJsonObject(params)) continue;
    const { threadId, turn } = params;
    if (method === "turn/started" && isJsonObject(turn)) {
      const ids = { threadId: threadId as string, turnId: turn["id"] as string };
      const scope = { ...ids, ...(usageBefore === undefined ? {} : { usageBefore }) };
      turns.push({ projector: new Projector(scope), events: [] });
    }
    for (const { projector, events } of turns) events.push(...projector.project(method, params));
    usageBefore = turns.at(-1)?.projector.threadUsage ?? usageBefore;
  }
  for (const { projector, events } of turns) events.push(...projector.close());
  return turns;
}

/** Events in a line each, without the ids and the starts: what happened, for people. */
export function storyOf(events: readonly TurnEvent[]): readonly string[] {
  return events.flatMap((event): readonly string[] => {
    switch (event.type) {
      case "item-end":
        return [itemLine(event.item)];
      case "notice":
        return [`${event.level}: ${event.text.slice(0, 80)}`];
      case "retry":
        return [`retry ${event.attempt}/${event.maxAttempts}: ${event.error.code}`];
      case "plan":
        return [`plan: ${event.steps.map(({ text, status }) => `${text} (${status})`).join(", ")}`];
      case "item-start":
      case "item-delta":
      case "item-reset":
      case "approval-decided":
      case "usage":
      case "session-split":
      case "turn-start":
      case "turn-end":
        return [];
      default:
        return event satisfies never;
    }
  });
}

function itemLine(item: Item): string {
  switch (item.type) {
    case "assistant-message":
      return `${item.interim ? "commentary" : "answer"}: ${item.text.slice(0, 120)}`;
    case "reasoning":
      return `thought: ${item.text.slice(0, 80).replaceAll("\n", " ")}`;
    case "command":
      return `$ ${item.command} [${item.status}, ${item.exitCode ?? "-"}] ${JSON.stringify(item.output.slice(0, 60))}`;
    case "file-change":
      return `files [${item.status}]: ${item.changes.map(({ kind, path, diff }) => `${kind} ${path}${diff === undefined ? "" : " with diff"}`).join(", ")}`;
    case "tool-call":
      return `call ${item.name} ${item.arguments.slice(0, 80)}`;
    case "tool-result":
      return `result${item.isError ? " (error)" : ""}: ${item.output.slice(0, 80)}`;
    case "user-message":
      return "user";
    case "compaction":
      return "compaction";
    default:
      return item satisfies never;
  }
}
