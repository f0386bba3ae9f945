import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import { ownServerName } from "./own_server.ts";
import { runVariable } from "./run_records.ts";
import type { CodexServers } from "./server_entries.ts";
import { shellText } from "../core/shell_text.ts";

/** What is known when a thread is about to be opened. */
export interface ThreadServersOptions {
  /** The user's, as codex takes them. */
  readonly given: CodexServers;
  /** The entry of our own, where the thread calls our tools through it. */
  readonly own: JsonObject | undefined;
  /** `mcp_servers` of the user's codex configuration. */
  readonly defined: JsonObject;
}

/** The MCP servers of a thread, besides those that codex itself is configured with. */
export interface ThreadServers {
  /** `mcp_servers` of the thread. */
  readonly config: JsonObject;
  /** Names of those that are ours to give. */
  readonly injected: readonly string[];
  /** The commands that sign a person in to servers, by name. */
  readonly signIns: ReadonlyMap<string, string>;
  readonly problems: CodexServers["problems"];
  /** What of them people should know. */
  readonly notices: readonly string[];
}

/**
 * Which servers a thread gets. What the user's codex configuration defines stays as it is there: settings of a thread would
 * be merged into it, key by key. Ours alone becomes what the thread needs: a migration may have put it there for another
 * home, and it has more tools there than this conversation may use.
 */
export function planThreadServers({ given, own, defined }: ThreadServersOptions): ThreadServers {
  const users = [...given.entries].filter(([name]) => !Object.hasOwn(defined, name));
  const others = [...given.entries].filter(
    ([name, entry]) => Object.hasOwn(defined, name) && !isContained(entry, defined[name] ?? null),
  );
  const there = Object.hasOwn(defined, ownServerName) ? defined[ownServerName] : undefined;
  // No thread can take a key back: where there is an address, our tools are those that are served at it.
  const isRemote = isJsonObject(there) && typeof there["url"] === "string";
  const injected = [...users, ...(own && !isRemote ? [[ownServerName, own] as const] : [])].map(
    ([name, entry]) => [name, findable(entry)] as const,
  );
  return {
    config: {
      ...Object.fromEntries(injected),
      ...(there !== undefined && { [ownServerName]: ownInPlace(own, isRemote) }),
    },
    injected: injected.map(([name]) => name),
    signIns: new Map(
      users
        .filter(([name]) => given.signIns.includes(name))
        .map(([name, entry]) => [name, signIn(name, entry)]),
    ),
    problems: given.problems,
    notices: [
      ...given.problems.map(({ server, message }) => `The MCP server ${server} ${message}`),
      ...others.map(
        ([name]) =>
          `codex has an MCP server ${name} of its own: it is used in place of the one of hermes`,
      ),
    ],
  };
}

/** What is merged into a server of ours that codex is configured with. */
function ownInPlace(own: JsonObject | undefined, isRemote: boolean): JsonObject {
  // Our tools are there in another way, or shall not be there.
  if (!own) return { enabled: false };
  if (!isRemote) return { ...findable(own), enabled: true };
  const { enabled_tools: tools } = own;
  return { ...(tools !== undefined && { enabled_tools: tools }) };
}

/** Whether the user's codex has the same: codex fills in more, and a migration has put it there. */
function isContained(ours: Json, theirs: Json): boolean {
  if (isJsonObject(ours)) {
    return (
      isJsonObject(theirs) &&
      Object.entries(ours).every(([key, value]) => isContained(value, theirs[key] ?? null))
    );
  }
  return JSON.stringify(ours) === JSON.stringify(theirs);
}

/** Codex keeps tokens by name and address: what it is told of a server only for this is enough. */
function signIn(name: string, { url }: JsonObject): string {
  const setting = `mcp_servers.${name}.url=${JSON.stringify(url)}`;
  return `codex mcp login ${name} -c ${shellText([setting])}`;
}

/** With what marks the processes of a codex: a server that outlives it is found by that. */
function findable(entry: JsonObject): JsonObject {
  if (entry["command"] === undefined) return entry;
  const names: readonly Json[] = Array.isArray(entry["env_vars"]) ? entry["env_vars"] : [];
  return { ...entry, env_vars: [...names, runVariable] };
}
