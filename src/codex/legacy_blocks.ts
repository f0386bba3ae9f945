/**
 * The block that hermes-agent, the program in Python, wrote into a `config.toml` between two comments. Codex's own writes
 * put keys of its user into it, so that standing there makes nothing ours: only what that program would have written for
 * the same configuration is taken over. Everything else stays; the comments go.
 */
import { isJsonObject, type JsonObject } from "../core/json.ts";
import type { UserServerSettings } from "./user_server.ts";
import { scanToml, type TomlPart } from "./toml_scan.ts";
import { asJson, isSameJson, type TomlTree } from "./toml_tree.ts";

/** What is found of it in a file. */
export interface LegacyBlock {
  /** Names of the servers that are as they were written. */
  readonly servers: ReadonlySet<string>;
  /** Keys of the root that are as they were written. */
  readonly rootKeys: readonly string[];
  /** How many comments mark it. */
  readonly markers: number;
}

/** What was configured of a server, in the words of `mcp_servers` of config.yaml. */
export type LegacyServer = Pick<
  UserServerSettings,
  "command" | "args" | "env" | "cwd" | "url" | "headers" | "timeout" | "connect_timeout" | "enabled"
>;

const startMarker =
  "# managed by hermes-agent — `hermes codex-runtime migrate` regenerates this section";
const endMarker = "# end hermes-agent managed section";
const emptyNote = "# (no MCP servers, plugins, or permissions configured by Hermes)";

/** Whether a comment is one that marked the block. */
export function isLegacyMarker(comment: string): boolean {
  return [startMarker, endMarker, emptyNote].includes(comment);
}

/** The block in a text that a parser accepts; `tree` is what it says, `configured` are the servers of today. */
export function findLegacyBlock(
  text: string,
  tree: TomlTree,
  configured: ReadonlyMap<string, LegacyServer>,
): LegacyBlock {
  const none: LegacyBlock = { servers: new Set(), rootKeys: [], markers: 0 };
  if (!text.includes("hermes-agent") && !text.includes(emptyNote)) return none;
  const parts = scanToml(text);
  const markers = parts.filter((part) => part.kind === "comment" && isLegacyMarker(part.text));
  if (markers.length === 0) return none;
  const inside = partsInside(parts);
  const present = asJson(tree["mcp_servers"] ?? {});
  const servers = Object.entries(isJsonObject(present) ? present : {}).flatMap(([name, value]) => {
    const first = parts.find((part) => part.kind !== "comment" && isOf(part, name));
    if (!first || !inside.has(first) || !isJsonObject(value)) return [];
    const settings = configured.get(name);
    const isAsWritten =
      name === "hermes-tools"
        ? isOldCallback(value)
        : settings !== undefined && isSameJson(value, legacyEntry(settings));
    return isAsWritten ? [name] : [];
  });
  const permissions = [...inside].some(
    (part) =>
      part.kind === "pair" && part.path.length === 1 && part.path[0] === "default_permissions",
  );
  const isDefault = permissions && tree["default_permissions"] === ":workspace";
  return {
    servers: new Set(servers),
    rootKeys: isDefault ? ["default_permissions"] : [],
    markers: markers.length,
  };
}

/** What stands between the markers; where the first or the last one is gone, from the beginning or to the end. */
function partsInside(parts: readonly TomlPart[]): ReadonlySet<TomlPart> {
  const inside = new Set<TomlPart>();
  let isOpen = true;
  const isStart = (part: TomlPart): boolean => part.kind === "comment" && part.text === startMarker;
  const isEnd = (part: TomlPart): boolean => part.kind === "comment" && part.text === endMarker;
  const first = parts.find((part) => isStart(part) || isEnd(part));
  if (first === undefined || isStart(first)) isOpen = false;
  for (const part of parts) {
    if (isStart(part)) isOpen = true;
    else if (isEnd(part)) isOpen = false;
    else if (isOpen) inside.add(part);
  }
  return inside;
}

function isOf(part: TomlPart, name: string): boolean {
  return part.kind !== "comment" && part.path[0] === "mcp_servers" && part.path[1] === name;
}

function legacyEntry(server: LegacyServer): JsonObject {
  const { command, args, env, cwd, url, headers, timeout, connect_timeout: connect } = server;
  const own: JsonObject =
    url === ""
      ? {
          command,
          ...(args.length === 0 ? {} : { args }),
          ...(Object.keys(env).length === 0 ? {} : { env }),
          ...(cwd === "" ? {} : { cwd }),
        }
      : { url, ...(Object.keys(headers).length === 0 ? {} : { http_headers: headers }) };
  return {
    ...own,
    ...(timeout === null ? {} : { tool_timeout_sec: timeout }),
    ...(connect === null ? {} : { startup_timeout_sec: connect }),
    ...(server.enabled ? {} : { enabled: false }),
  };
}

const oldVariables: ReadonlySet<string> = new Set([
  "HERMES_HOME",
  "PYTHONPATH",
  "HERMES_QUIET",
  "HERMES_REDACT_SECRETS",
]);

/** The server that called back into that program: by its module, since every machine has another interpreter. */
function isOldCallback(value: JsonObject): boolean {
  const { command, args, env, ...rest } = value;
  const names = Object.keys(isJsonObject(env) ? env : {});
  return (
    typeof command === "string" &&
    isSameJson(args ?? null, ["-m", "agent.transports.hermes_tools_mcp_server"]) &&
    names.every((name) => oldVariables.has(name)) &&
    isSameJson(rest, { startup_timeout_sec: 30, tool_timeout_sec: 600 })
  );
}
