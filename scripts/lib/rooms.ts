/** The import rule: what each room of src/ may import and which globals it may touch. */
import { posix } from "node:path";
import { moduleUses, type Use } from "./module_uses.ts";

/** A source file; the path is relative to the project's root, with `/`. */
export interface SourceFile {
  readonly path: string;
  readonly source: string;
}

/** One broken rule. */
export interface Violation {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

interface Room {
  /** Rooms that it may import besides itself. */
  readonly rooms: readonly string[];
  /** npm packages that it may import. */
  readonly packages: readonly string[];
}

const siblings = [
  "wire",
  "transports",
  "agent",
  "codex",
  "tools",
  "auth",
  "config",
  "storage",
  "mcp",
  "cron",
];

/** The table. `mod`, `main` and `app` are mod.ts, src/main.ts, and src/app.ts with src/app/. */
const table: Readonly<Record<string, Room>> = {
  core: { rooms: [], packages: [] },
  wire: { rooms: ["core"], packages: [] },
  transports: { rooms: ["core", "wire"], packages: ["@noble/hashes"] },
  agent: { rooms: ["core"], packages: [] },
  codex: { rooms: ["core", "wire"], packages: ["smol-toml", "zod"] },
  tools: { rooms: ["core"], packages: ["diff", "fflate", "re2js", "yaml", "zod"] },
  auth: { rooms: ["core"], packages: ["oauth4webapi", "zod"] },
  config: { rooms: ["core"], packages: ["yaml", "zod"] },
  storage: { rooms: ["core"], packages: ["kysely"] },
  mcp: {
    rooms: ["core", "wire"],
    packages: ["@modelcontextprotocol/client", "@modelcontextprotocol/server", "zod"],
  },
  cron: { rooms: ["core"], packages: ["croner"] },
  platform: { rooms: ["core"], packages: [] },
  cli: { rooms: ["core", ...siblings, "app"], packages: ["commander", "zod"] },
  app: { rooms: ["core", ...siblings], packages: [] },
  main: { rooms: ["app", "cli", "platform"], packages: [] },
  mod: { rooms: ["core", ...siblings, "app", "platform"], packages: [] },
};

/** Whether the operating system may be touched here. */
function touchesSystem({ room, path }: Place): boolean {
  return room === "platform" || path === "src/storage/sqlite.ts";
}

interface Place {
  readonly path: string;
  readonly room: string;
}

interface GlobalRule {
  readonly pattern: RegExp;
  readonly isAllowed: (place: Place) => boolean;
  readonly rule: string;
}

const globalRules: readonly GlobalRule[] = [
  {
    pattern: /^(Bun|Deno|require)\b/,
    isAllowed: () => false,
    rule: "the same sources run under Bun and Deno",
  },
  {
    // `console.log` answers `--version`: it is there at once, `process.stdout` is set up at its first use. Where stdout
    // carries a protocol, the console of libraries is turned away from it.
    pattern: /^console\b/,
    isAllowed: ({ room, path }) => room === "main" || path === "src/platform/reserve_stdout.ts",
    rule: "output goes through the ports",
  },
  {
    pattern: /^process\b/,
    isAllowed: (place) => touchesSystem(place) || place.room === "main",
    rule: "process belongs to platform, storage/sqlite.ts and main.ts",
  },
  {
    pattern: /^fetch\b/,
    isAllowed: touchesSystem,
    rule: "the network is the Fetch port",
  },
  {
    pattern:
      /^(setTimeout|setInterval|setImmediate|queueMicrotask|performance)\b|^Date\.now\b|^(new )?Date\(\)|^AbortSignal\.timeout\b/,
    isAllowed: touchesSystem,
    rule: "time is the Clock port",
  },
];

/** All violations, by path and line. */
export function checkRooms(files: readonly SourceFile[]): readonly Violation[] {
  return files
    .flatMap((file) => checkFile(file))
    .toSorted((a, b) => (a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1));
}

/** As `path:line: message`. */
export function formatViolation({ path, line, message }: Violation): string {
  return `${path}:${line}: ${message}`;
}

function checkFile({ path, source }: SourceFile): readonly Violation[] {
  const room = roomOf(path);
  const rules = room === undefined ? undefined : table[room];
  if (room === undefined || rules === undefined) {
    return [
      { path, line: 1, message: `${room ?? path} is no room of the table (scripts/lib/rooms.ts)` },
    ];
  }
  const { imports, globals, faults } = moduleUses(path, source);
  const place = { path, room };
  const complain = (
    verb: string,
    { name, line }: Use,
    rule: string | undefined,
  ): readonly Violation[] =>
    rule === undefined
      ? []
      : [{ path, line, message: `room ${room} must not ${verb} ${name} (${rule})` }];
  return [
    ...faults.map(({ name, line }) => ({ path, line, message: `cannot be parsed: ${name}` })),
    ...imports.flatMap((use) => complain("import", use, importFault(place, rules, use.name))),
    ...globals.flatMap((use) => complain("use", use, globalFault(place, use.name))),
  ];
}

/** Room of a path; undefined outside of src/ and mod.ts. */
function roomOf(path: string): string | undefined {
  if (path === "mod.ts") return "mod";
  const [top, second] = path.split("/");
  return top === "src" ? second?.replace(/^(app|main)\.ts$/, "$1") : undefined;
}

/** The rule that importing `specifier` breaks. */
function importFault(
  place: Place,
  { rooms, packages }: Room,
  specifier: string,
): string | undefined {
  if (specifier === "import(...)") return "an import must name its module";
  if (/^\.{1,2}\//.test(specifier)) {
    const target = roomOf(posix.join(posix.dirname(place.path), specifier));
    if (target === undefined) return "sources import from src only";
    if (target === place.room || rooms.includes(target)) return undefined;
    return target === "platform"
      ? "platform is imported by main.ts and mod.ts only"
      : allowed(rooms);
  }
  if (specifier === "node:path/posix" && place.room !== "core") return undefined;
  if (specifier.startsWith("node:")) {
    return touchesSystem(place) ? undefined : "node:* belongs to platform and storage/sqlite.ts";
  }
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  return packages.includes(name) ? undefined : allowed(packages, "package");
}

function allowed(names: readonly string[], kind = "room"): string {
  return names.length === 0 ? `it may import no ${kind}` : `it may import ${names.join(", ")}`;
}

function globalFault(place: Place, name: string): string | undefined {
  return globalRules.find(({ pattern, isAllowed }) => pattern.test(name) && !isAllowed(place))
    ?.rule;
}
