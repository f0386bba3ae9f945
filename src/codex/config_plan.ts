/** What a migration comes to: pure. Who owns an entry is told by the record of what was written, never by a comment. */
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import type { TextChange } from "./config_text.ts";
import { isLegacyMarker, type LegacyBlock } from "./legacy_blocks.ts";
import { asJson, isSameJson, isTree, tableAt, type TomlTree } from "./toml_tree.ts";

/** What is recorded of an entry that was written. */
export interface OwnedEntry {
  /** SHA-256 of its value; two while a write was under way that may not have come to its end. */
  readonly hashes: readonly string[];
  /** What was put before it. */
  readonly lead: string;
}

/** What becomes of a server. */
export interface PlannedServer {
  readonly name: string;
  readonly action:
    /** It is as it should be, and ours. */
    | "unchanged"
    | "add"
    | "update"
    | "remove"
    /** Ours, but somebody changed it since: it stays as it is. */
    | "keep-edited"
    /** Somebody else's of the same name, with another value: it stays as it is. */
    | "keep-foreign"
    /** Somebody else's, with the very value: nothing to do. */
    | "same-foreign";
  /** Whether it was found in a block of an older hermes, and is ours from now on. */
  readonly isAdopted: boolean;
}

export interface MigrationPlan {
  /** By name. */
  readonly servers: readonly PlannedServer[];
  /** In the order in which they are to be made. */
  readonly changes: readonly TextChange[];
  /** Names of the entries that are ours afterwards. */
  readonly owned: readonly string[];
  /** What an older hermes set besides servers and is taken back: `default_permissions`. */
  readonly takenBack: readonly string[];
  /** How many comments that marked the block of an older hermes go. */
  readonly markers: number;
}

export interface PlanInput {
  readonly tree: TomlTree;
  /** Entries of `mcp_servers` as they should be; none to take all of ours away. */
  readonly desired: ReadonlyMap<string, JsonObject>;
  readonly owned: ReadonlyMap<string, OwnedEntry>;
  /** SHA-256 of the present entries, by name. */
  readonly hashes: ReadonlyMap<string, string>;
  readonly legacy: LegacyBlock;
}

/** Compares what should be with what is there. A second time, after the first was made, it plans nothing. */
export function planMigration(input: PlanInput): MigrationPlan {
  const { desired, owned, legacy } = input;
  const names = [...new Set([...desired.keys(), ...owned.keys(), ...legacy.servers])];
  const servers = names.toSorted().flatMap((name) => planServer(input, name) ?? []);
  const removed = servers.filter(({ action }) => action === "remove");
  const written = servers.filter(({ action }) => action === "update" || action === "add");
  const changes: TextChange[] = [
    ...removed.map(({ name }): TextChange => ({
      kind: "delete",
      path: ["mcp_servers", name],
      lead: owned.get(name)?.lead ?? "",
    })),
    ...legacy.rootKeys.map((key): TextChange => ({ kind: "delete", path: [key] })),
    ...(legacy.markers === 0
      ? []
      : [{ kind: "drop-comments", isOurs: isLegacyMarker } satisfies TextChange]),
    ...written.flatMap(({ name }): readonly TextChange[] => {
      const value = desired.get(name);
      return value === undefined ? [] : [{ kind: "set", name, value }];
    }),
  ];
  return {
    servers,
    changes,
    owned: servers.filter(({ action }) => isOurs(action)).map(({ name }) => name),
    takenBack: legacy.rootKeys,
    markers: legacy.markers,
  };
}

/** The entries of `mcp_servers` that are there, as JSON. */
export function presentServers(tree: TomlTree): ReadonlyMap<string, JsonObject> {
  const table = tableAt(tree, "mcp_servers") ?? {};
  return new Map(
    Object.entries(table).flatMap(([name, value]) => {
      const entry: Json = isTree(value) ? asJson(value) : null;
      return isJsonObject(entry) ? [[name, entry]] : [];
    }),
  );
}

function planServer(
  { tree, desired, owned, hashes, legacy }: PlanInput,
  name: string,
): PlannedServer | undefined {
  const wanted = desired.get(name);
  const table = tableAt(tree, "mcp_servers") ?? {};
  const present = Object.hasOwn(table, name) ? asJson(table[name]) : undefined;
  const record = owned.get(name);
  const hash = hashes.get(name) ?? "";
  const isAdopted = record === undefined && legacy.servers.has(name);
  const planned = (action: PlannedServer["action"]): PlannedServer => ({ name, action, isAdopted });
  if (present === undefined) return wanted === undefined ? undefined : planned("add");
  const isSame = wanted !== undefined && isSameJson(present, wanted);
  if (record?.hashes.includes(hash) === true || isAdopted) {
    if (wanted === undefined) return planned("remove");
    return planned(isSame ? "unchanged" : "update");
  }
  if (record !== undefined) return isSame ? planned("unchanged") : planned("keep-edited");
  return planned(isSame ? "same-foreign" : "keep-foreign");
}

function isOurs(action: PlannedServer["action"]): boolean {
  switch (action) {
    case "add":
    case "update":
    case "unchanged":
    case "keep-edited":
      return true;
    case "remove":
    case "keep-foreign":
    case "same-foreign":
      return false;
    default:
      return action satisfies never;
  }
}
