import { hasReference } from "../../../config/expand.ts";
import { loadConfig } from "../../../config/load.ts";
import type { ConfigOrigin } from "../../../config/loaded_config.ts";
import { formatKey, type KeyPath } from "../../../config/key_path.ts";
import { leavesOf, valueAt, withValue } from "../../../config/tree.ts";
import { isJsonObject, parseJson, type Json } from "../../../core/json.ts";
import { maskForDisplay } from "../../../core/redact.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { listFlag, switchFlag } from "../../flags.ts";
import { printDocument, printTable } from "../../print.ts";
import type { Mask } from "../../render/error.ts";
import type { Column } from "../../render/table.ts";

/** A value in effect as it may be shown. */
export interface ShownValue {
  readonly path: KeyPath;
  readonly key: string;
  readonly value: Json;
  /** `default`, `file`, `flag`, or the variable's name. */
  readonly origin: string;
}

/** `hermes config show`: every value in effect and where it comes from. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags } = context;
  const values = await shownValues(context);
  if (switchFlag(flags, "json")) {
    const app = await context.app();
    const config = values.reduce<unknown>(
      (tree, { path, value }) => withValue(tree, path, value),
      {},
    );
    await printDocument(ports, {
      file: app.paths.configFile,
      config: isJsonObject(config) ? config : {},
      origins: Object.fromEntries(values.map(({ key, origin }) => [key, origin])),
    });
  } else await printTable(ports, columns, { rows: values, ifEmpty: "" });
  return exitCodes.done;
}

const columns: readonly Column<ShownValue>[] = [
  { header: "KEY", text: ({ key }) => key },
  { header: "ORIGIN", text: ({ origin }) => origin },
  { header: "VALUE", text: ({ value }) => plainValue(value) },
];

/** Text as it is, anything else as JSON. */
export function plainValue(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Every value in effect, in the order of the schema, with secrets masked. */
export async function shownValues(context: CommandContext): Promise<readonly ShownValue[]> {
  const app = await context.app();
  const { files } = context.ports;
  const overrides = listFlag(context.flags, "set");
  const { config, origins } = await loadConfig(
    { files, env: await app.env() },
    app.paths,
    overrides,
  );
  return leavesOf(config).map(([path, value]) => {
    const key = formatKey(path);
    const origin = originOf(path, origins);
    return {
      path,
      key,
      value: shown(path, toJson(value), { written: writtenOf(origin), mask: context.mask }),
      origin: nameOf(origin),
    };
  });
}

/** What was set as a whole (a list, a table) is the origin of everything in it. */
function originOf(
  path: KeyPath,
  origins: ReadonlyMap<string, ConfigOrigin>,
): ConfigOrigin | undefined {
  for (let length = path.length; length > 0; length--) {
    const origin = origins.get(formatKey(path.slice(0, length)));
    if (origin) return origin;
  }
  return undefined;
}

function nameOf(origin: ConfigOrigin | undefined): string {
  switch (origin?.from) {
    case undefined:
      return "default";
    case "file":
    case "flag":
      return origin.from;
    case "environment":
      return origin.name;
    default:
      return origin satisfies never;
  }
}

function writtenOf(origin: ConfigOrigin | undefined): unknown {
  return origin?.from === "file" ? origin.written : undefined;
}

interface Shown {
  /** What the file says, where a variable is within it. */
  readonly written: unknown;
  readonly mask: Mask;
}

/** A value that came out of a variable is shown as it was written; tables of secrets are masked whatever they hold. */
function shown(path: KeyPath, value: Json, { written, mask }: Shown): Json {
  if (typeof written === "string" && hasReference(written)) return written;
  if (typeof value === "string") {
    const isSecret = path[0] === "mcp_servers" && (path[2] === "env" || path[2] === "headers");
    return isSecret ? maskForDisplay(value) : mask(value);
  }
  const within = (key: string | number, child: Json): Json =>
    shown([...path, key], child, { written: valueAt(written, [key]), mask });
  if (Array.isArray(value)) return value.map((element: Json, index) => within(index, element));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, within(key, child)]));
}

/** The configuration is plain data: what its schema gives is what JSON can carry. */
export function toJson(value: unknown): Json {
  return parseJson(JSON.stringify(value ?? null)) ?? null;
}
