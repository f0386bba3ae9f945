/** What `hermes sessions` tells of stored sessions, for cases that have only one. */
import { isJsonObject, type Json, type JsonObject, parseJson } from "../../src/core/json.ts";
import type { Ended } from "./sandbox.ts";

type Run = (args: readonly string[]) => Promise<Pick<Ended, "stdout">>;

/** The items of the only session, in order. @throws {Error} when there is another number of sessions */
export async function onlySession(run: Run): Promise<readonly JsonObject[]> {
  const sessions = listIn((await run(["sessions", "list", "--json"])).stdout, "sessions");
  const id = sessions.length === 1 ? sessions[0]?.["id"] : undefined;
  if (typeof id !== "string") throw new Error(`Not one session: ${JSON.stringify(sessions)}`);
  return listIn((await run(["sessions", "show", id, "--json"])).stdout, "items");
}

/** An item in one line: its type, whether it is one of the program's own, and its text. */
export function lineOf({ type, text, synthetic }: JsonObject): string {
  const parts: readonly (Json | undefined)[] = [
    type,
    ...(synthetic === true ? ["(synthetic)"] : [text]),
  ];
  return parts.filter((part) => typeof part === "string").join(" ");
}

function listIn(document: string, field: string): readonly JsonObject[] {
  const value = parseJson(document);
  const list = isJsonObject(value) ? value[field] : undefined;
  if (!Array.isArray(list)) throw new Error(`No ${field}: ${document}`);
  return list.filter(isJsonObject);
}
