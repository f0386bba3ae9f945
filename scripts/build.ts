/**
 * Compiles src/main.ts to one self-contained file and writes dist/SHA256SUMS. A draft is run first: the bytecode of the
 * real one is in the order in which the usual starts use it.
 *
 *   scripts/build                            dist/hermes for this machine
 *   scripts/build --target linux-arm64 ...   dist/hermes-linux-arm64 ...
 *   scripts/build --if-stale                 only if a source is newer than dist/hermes
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { bunExecutable } from "./lib/bun_executables.ts";
import { recordBytecodeOrder } from "./lib/bytecode_order.ts";

const dist = "dist";
const binary = join(dist, "hermes");
const stamp = { version: packageVersion(), commit: currentCommit() };

try {
  await build();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function build(): Promise<void> {
  const { values: options } = parseArgs({
    options: {
      target: { type: "string", multiple: true, default: [] },
      "if-stale": { type: "boolean", default: false },
    },
  });
  if (options["if-stale"] && !isStale()) return;
  mkdirSync(dist, { recursive: true });
  // Bun leaves copies of the embedded source maps beside its output, and a running binary cannot be written over:
  // hence a directory of its own, and a rename.
  const directory = mkdtempSync(join(dist, ".build-"));
  try {
    const draft = join(directory, "draft");
    await compile(draft);
    const bytecodeOrder = [...(await recordBytecodeOrder(draft, directory))];
    for (const { outfile, machine } of outputsFor(options.target)) {
      const built = join(directory, "hermes");
      await compile(built, { ...machine, bytecodeOrder });
      renameSync(built, outfile);
      const megabytes = (statSync(outfile).size / 1e6).toFixed(1);
      console.log(`${outfile}  ${megabytes} MB  ${stamp.version} (${stamp.commit})`);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  await writeChecksums();
}

interface Output {
  readonly outfile: string;
  readonly machine: Partial<Bun.CompileBuildOptions>;
}

/** dist/hermes where no target is named. */
function outputsFor(targets: readonly string[]): readonly Output[] {
  if (targets.length === 0) return [{ outfile: binary, machine: {} }];
  return targets.map((given) => {
    const target = given.replace(/^bun-/, "");
    // The table of executables has Bun's own names.
    const machine = `bun-${target}` as Bun.Build.CompileTarget;
    return {
      outfile: `${binary}-${target}`,
      machine: { target: machine, executablePath: bunExecutable(target) },
    };
  });
}

/** Whether anything that goes into dist/hermes is newer than it; a removed file makes its directory newer. */
function isStale(): boolean {
  const built = statSync(binary, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = readdirSync("src", { recursive: true, encoding: "utf8" });
  const own = ["scripts/build.ts", "scripts/lib/bytecode_order.ts"];
  const inputs = [
    "src",
    "package.json",
    "package-lock.json",
    ...sources.map((path) => join("src", path)),
  ];
  return [...inputs, ...own].some((path) => statSync(path).mtimeMs > built);
}

async function compile(outfile: string, how: Partial<Bun.CompileBuildOptions> = {}): Promise<void> {
  try {
    await Bun.build({
      entrypoints: ["src/main.ts"],
      target: "bun",
      minify: true,
      bytecode: true,
      format: "esm",
      splitting: true,
      // Files this small cost more to open than to read.
      minChunkSize: 16 * 1024,
      sourcemap: "linked",
      define: {
        HERMES_BUILD_VERSION: JSON.stringify(stamp.version),
        HERMES_BUILD_COMMIT: JSON.stringify(stamp.commit),
      },
      plugins: [leaveOut()],
      compile: {
        outfile,
        // Most runs are short: what its machine code saves of a function comes later than what it costs.
        jitPolicy: 5,
        ...how,
        // Without these two the binary runs the bunfig.toml preload and loads the .env of the directory it is started in.
        autoloadDotenv: false,
        autoloadBunfig: false,
      },
    });
  } catch (error) {
    throw new Error(`Cannot build ${outfile}\n${failureText(error)}`, { cause: error });
  }
}

/**
 * What no import can leave out: Zod's messages in fifty languages (0.7 MB of the binary), and the validators of JSON
 * schemas that both halves of the MCP library bring along for Node.js (1.5 MB): one of those for browsers does it for both.
 */
function leaveOut(): Bun.BunPlugin {
  const validator = resolve("node_modules/@modelcontextprotocol/server/dist/shimsBrowser.mjs");
  const sources = [
    {
      filter: /\/zod\/v4\/locales\/index\.js$/,
      contents: 'export { default as en } from "./en.js";',
    },
    {
      filter: /\/@modelcontextprotocol\/server\/dist\/shimsNode\.mjs$/,
      contents: `export * from ${JSON.stringify(validator)};`,
    },
    {
      filter: /\/@modelcontextprotocol\/client\/dist\/shimsNode\.mjs$/,
      // A request that fails is no matter of CORS, which is for browsers.
      contents: `export { DefaultJsonSchemaValidator } from ${JSON.stringify(validator)};
        export const CORS_IS_POSSIBLE = false;`,
    },
  ];
  return {
    name: "leave out",
    setup(builder) {
      for (const { filter, contents } of sources) {
        builder.onLoad({ filter }, () => ({ contents, loader: "js" }));
      }
    },
  };
}

/** Every message of a build that failed. */
function failureText(error: unknown): string {
  const messages = error instanceof AggregateError ? error.errors : [error];
  return messages.map(String).join("\n");
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  return version;
}

/** The commit that is checked out, `-dirty` when the tree has changes; `unknown` outside of a repository. */
function currentCommit(): string {
  const result = spawnSync(
    "git",
    ["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
    {
      encoding: "utf8",
    },
  );
  return result.status === 0 ? result.stdout.trim() : "unknown";
}

async function writeChecksums(): Promise<void> {
  const names = readdirSync(dist).filter((name) => name.startsWith("hermes"));
  const lines = names.toSorted().map(async (name) => {
    const hash = createHash("sha256");
    await pipeline(createReadStream(join(dist, name)), hash);
    return `${hash.digest("hex")}  ${name}\n`;
  });
  writeFileSync(join(dist, "SHA256SUMS"), (await Promise.all(lines)).join(""));
}
