import type { JsonObject } from "../core/json.ts";
import type { MigrationPlan, OwnedEntry } from "./config_plan.ts";
import type { ChangedText } from "./config_text.ts";
import type { HomeRecord } from "./migration_record.ts";
import { fingerprint } from "./toml_tree.ts";

/** What a migration came to. */
export interface Outcome {
  readonly desired: ReadonlyMap<string, JsonObject>;
  readonly plan: MigrationPlan;
  readonly known: HomeRecord | undefined;
  readonly text: string;
  readonly before: string | undefined;
  readonly changed: ChangedText;
  readonly hashes: ReadonlyMap<string, string>;
}

/** What is recorded of a home when a migration is done; undefined where nothing of ours is in its file. */
export async function recordAfter({
  desired,
  plan,
  known,
  text,
  before,
  changed,
  hashes,
}: Outcome): Promise<HomeRecord | undefined> {
  if (plan.owned.length === 0) return undefined;
  const servers = new Map<string, OwnedEntry>();
  for (const name of plan.owned) {
    const action = plan.servers.find((server) => server.name === name)?.action;
    const old = known?.servers.get(name);
    const value = desired.get(name);
    const isKept = action === "keep-edited" || value === undefined;
    servers.set(name, {
      hashes: isKept ? (old?.hashes ?? [hashes.get(name) ?? ""]) : [await fingerprint(value)],
      lead: changed.leads.get(name) ?? old?.lead ?? "",
    });
  }
  return {
    servers,
    isCreated: known?.isCreated ?? before === undefined,
    finalBreak: changed.finalBreak || (known?.finalBreak ?? ""),
    original: known?.original ?? (await fingerprint(text)),
  };
}

/** While a write is under way both the old and the new values are ours. */
export function withBoth(
  known: HomeRecord | undefined,
  record: HomeRecord | undefined,
): HomeRecord | undefined {
  if (!known || !record) return record ?? known;
  const names = new Set([...known.servers.keys(), ...record.servers.keys()]);
  const servers = [...names].map((name): [string, OwnedEntry] => {
    const [old, next] = [known.servers.get(name), record.servers.get(name)];
    const hashes = [...new Set([...(old?.hashes ?? []), ...(next?.hashes ?? [])])];
    return [name, { hashes, lead: next?.lead ?? old?.lead ?? "" }];
  });
  return { ...record, servers: new Map(servers) };
}

/** The user's last line ends as it did, where nothing else was changed. */
export async function withoutFinalBreak(
  text: string,
  { finalBreak, original }: HomeRecord,
): Promise<string> {
  if (finalBreak === "" || !text.endsWith(finalBreak)) return text;
  const shorter = text.slice(0, -finalBreak.length);
  return (await fingerprint(shorter)) === original ? shorter : text;
}

/** The record as JSON, to be compared. */
export function jsonOf(record: HomeRecord | undefined): string {
  if (!record) return "";
  const servers = [...record.servers].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify({ ...record, servers });
}
