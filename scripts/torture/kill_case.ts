import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isJsonObject, type JsonObject, parseJson } from "../../src/core/json.ts";
import { createSandbox, type Endpoint, eventsOf, runHermes, type Sandbox } from "./hermes.ts";
import { followUp } from "./kill_server.ts";

/** When the process is killed. */
export type KillMoment =
  | { readonly after: "start"; readonly ms: number }
  /** Counted in lines of stdout, then some time more. */
  | { readonly after: "line"; readonly line: number; readonly ms: number };

export interface KillOutcome {
  /** Items that were reported as complete before the kill. */
  readonly acknowledged: number;
  /** What was wrong, or undefined. */
  readonly failure?: string;
}

/** Kills one turn and looks at what it left: every reported item, a sound database, a session that goes on. */
export async function runKillCase(endpoint: Endpoint, moment: KillMoment): Promise<KillOutcome> {
  await using sandbox = await createSandbox(endpoint);
  const events = await killedTurn(sandbox, moment);
  const sessionId = events.find((event) => event["type"] === "session.started")?.["session_id"];
  const items = events.flatMap(acknowledgedItem);
  const faults = [
    databaseFault(sandbox),
    typeof sessionId === "string" ? await storeFault(sandbox, sessionId, items) : undefined,
    await followUpFault(sandbox, items.length > 0),
  ];
  const failure = faults.find((fault) => fault !== undefined);
  return { acknowledged: items.length, ...(failure !== undefined && { failure }) };
}

async function killedTurn(sandbox: Sandbox, moment: KillMoment): Promise<readonly JsonObject[]> {
  let kill = (): void => undefined;
  let lines = 0;
  const { stdout } = await runHermes(sandbox, ["-z", "Do the work", "--json"], {
    onStart: (killHard) => {
      kill = killHard;
      if (moment.after === "start") setTimeout(killHard, moment.ms);
    },
    onLine: () => {
      lines++;
      if (moment.after === "line" && lines === moment.line) setTimeout(kill, moment.ms);
    },
  });
  return eventsOf(stdout);
}

/** An item that was reported as whole; what a retry voided or the end cut off is none. */
function acknowledgedItem(event: JsonObject): readonly JsonObject[] {
  const item = event["item"];
  if (event["type"] !== "item.completed" || !isJsonObject(item)) return [];
  return item["status"] === "void" || item["status"] === "incomplete" ? [] : [item];
}

function databaseFault(sandbox: Sandbox): string | undefined {
  const path = join(sandbox.home, "sessions.db");
  if (!existsSync(path)) return undefined;
  // Not read-only: what the killed process left in the write-ahead log has to be recovered first.
  const database = new Database(path);
  try {
    const rows: unknown = database.query("pragma integrity_check").values();
    const told = JSON.stringify(rows);
    return told === '[["ok"]]' ? undefined : `The database is corrupt: ${told}`;
  } catch (error) {
    return `The database cannot be read: ${String(error)}`;
  } finally {
    database.close();
  }
}

async function storeFault(
  sandbox: Sandbox,
  sessionId: string,
  items: readonly JsonObject[],
): Promise<string | undefined> {
  if (items.length === 0) return undefined;
  const shown = await runHermes(sandbox, ["sessions", "show", sessionId, "--json"]);
  const document = parseJson(shown.stdout);
  if (shown.code !== 0 || !isJsonObject(document) || !Array.isArray(document["items"])) {
    return `sessions show failed with ${shown.code}: ${shown.stderr.trim()}`;
  }
  const stored = document["items"].filter(isJsonObject);
  for (const item of items) {
    const kept = stored.find((other) => other["id"] === item["id"]);
    if (kept === undefined)
      return `An item was reported and is not stored: ${JSON.stringify(item)}`;
    for (const [field, value] of Object.entries(item)) {
      if (JSON.stringify(kept[field]) !== JSON.stringify(value)) {
        return `The ${field} of an item was stored as something else: ${JSON.stringify([value, kept[field]])}`;
      }
    }
  }
  return undefined;
}

async function followUpFault(sandbox: Sandbox, hasSession: boolean): Promise<string | undefined> {
  // Killed before anything was reported there may be no session to go on with.
  const args = ["-z", followUp, "--json", ...(hasSession ? ["-c"] : [])];
  const { code, stdout, stderr } = await runHermes(sandbox, args);
  const last = eventsOf(stdout).at(-1);
  if (code === 0 && last?.["type"] === "turn.completed") return undefined;
  return `The next run ended with ${code}: ${JSON.stringify(last?.["error"] ?? stderr.trim())}`;
}
