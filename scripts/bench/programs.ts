/** The programs as a user starts them: start-up, one-shot turns, tool calls, against an empty binary and codex. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { codexVersions } from "../../tests/fakes/codex_binaries.ts";
import { measurePeak, measureRun, type Measured, median, type ProgramRun } from "./measure.ts";
import { type ModelServer, startModelServer } from "./model_server.ts";
import { mb, ms, type Row, times } from "./table.ts";

const hermes = resolve("dist/hermes");
const toolCalls = 20;

interface Medians {
  readonly wallMs: number;
  readonly peakMb: number;
  /** From the spawn to the first request, in milliseconds. */
  readonly firstRequestMs: number;
}

/** @throws {Error} when dist/hermes is missing or one of the programs fails */
export async function benchPrograms(runs: number): Promise<readonly Row[]> {
  if (!existsSync(hermes)) throw new Error("dist/hermes is missing: run scripts/build first");
  const directory = mkdtempSync(join(tmpdir(), "hermes-bench-"));
  await using server = startModelServer();
  try {
    const empty = buildEmpty(directory);
    const home = join(directory, "home");
    return [
      ...(await startUpRows({ program: empty, args: [] }, runs)),
      ...(await turnRows(server, { directory, home, runs })),
      sizeRow(empty),
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A binary that does nothing, compiled as ours is: what Bun itself costs. */
function buildEmpty(directory: string): string {
  const source = join(directory, "empty.ts");
  const outfile = join(directory, "empty");
  writeFileSync(source, "export {};\n");
  const flags = [
    "--compile",
    "--minify",
    "--bytecode",
    "--format=esm",
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    `--outfile=${outfile}`,
  ];
  const result = spawnSync(process.execPath, ["build", source, ...flags], { encoding: "utf8" });
  if (result.status !== 0) throw new Error(result.stderr);
  return outfile;
}

async function startUpRows(empty: ProgramRun, runs: number): Promise<readonly Row[]> {
  const floor = await medians(empty, runs);
  const row = async (args: readonly string[], budget: string): Promise<Row> => {
    const measured = await medians({ program: hermes, args }, runs);
    return {
      what: `\`hermes ${args.join(" ")}\``,
      measured: `${ms(measured.wallMs)}, ${mb(measured.peakMb)}`,
      ratio: `${times(measured.wallMs, floor.wallMs)} an empty binary (${ms(floor.wallMs)})`,
      budget,
    };
  };
  return [
    await row(["--version"], "8 ms, 28 MB; 1.8x"),
    await row(["--help"], "20 ms, 40 MB; 6x"),
    await row(["sessions", "list", "--help"], "20 ms, 40 MB; 6x"),
  ];
}

async function turnRows(
  server: ModelServer,
  { directory, home, runs }: { directory: string; home: string; runs: number },
): Promise<readonly Row[]> {
  const ours: ProgramRun = {
    program: hermes,
    args: ["-z", "Say done", "--base-url", server.baseUrl, "--model", "gpt-5.5"],
    cwd: directory,
    env: { HERMES_HOME: home, HOME: directory },
  };
  const theirs = codexRun(server.baseUrl, directory);
  const text = await medians(ours, runs, server);
  const loop = await medians(ours, runs, server, toolCalls);
  const perCall = (loop.wallMs - text.wallMs) / toolCalls;
  const peerText = await medians(theirs, runs, server);
  const peerLoop = await medians(theirs, Math.min(runs, 5), server, toolCalls);
  const peerPerCall = (peerLoop.wallMs - peerText.wallMs) / toolCalls;
  return [
    {
      what: "one-shot, text answer: wall",
      measured: ms(text.wallMs),
      ratio: `${times(text.wallMs, peerText.wallMs)} \`codex exec\` (${ms(peerText.wallMs)})`,
      budget: "60 ms; 1/3 of codex",
    },
    {
      what: "one-shot: to the first request",
      measured: ms(text.firstRequestMs),
      ratio: `${times(text.firstRequestMs, peerText.firstRequestMs)} \`codex exec\` (${ms(peerText.firstRequestMs)})`,
      budget: "45 ms",
    },
    {
      what: "one-shot: peak memory",
      measured: mb(text.peakMb),
      ratio: `${times(text.peakMb, peerText.peakMb)} \`codex exec\` (${mb(peerText.peakMb)})`,
      budget: "75 MB; 60 % of codex",
    },
    {
      what: `${toolCalls} tool calls in sequence`,
      measured: `${ms(loop.wallMs)}, ${ms(perCall)} each`,
      ratio: `${times(perCall, peerPerCall)} \`codex exec\` (${ms(peerPerCall)} each)`,
      budget: "200 ms, 6 ms each; 1/8 of codex",
    },
    await floodRow(server, ours),
  ];
}

/** A command that prints a gigabyte: what of it is held at once. */
async function floodRow(server: ModelServer, run: ProgramRun): Promise<Row> {
  server.reset(1, "head -c 1000000000 /dev/zero | tr '\\0' x");
  const peakMb = await measurePeak(run);
  return {
    what: "1 GB of tool output: peak memory",
    measured: mb(peakMb),
    ratio: "-",
    budget: "200 MB",
  };
}

/** The newest codex on the same server; its own native binary, without the launcher in Node. */
function codexRun(baseUrl: string, directory: string): ProgramRun {
  const codexHome = mkdtempSync(join(directory, "codex-home-"));
  writeFileSync(
    join(codexHome, "config.toml"),
    [
      'model = "gpt-5.5"',
      'model_provider = "local"',
      'approval_policy = "never"',
      'sandbox_mode = "danger-full-access"',
      "[model_providers.local]",
      'name = "local"',
      `base_url = "${baseUrl}"`,
      'wire_api = "responses"',
      "[analytics]",
      "enabled = false",
      "[features]",
      "plugins = false",
      "",
    ].join("\n"),
  );
  return {
    program: codexVersions.at(-1)?.path ?? "codex",
    args: ["exec", "--skip-git-repo-check", "Say done"],
    cwd: directory,
    env: { CODEX_HOME: codexHome, HOME: directory, NO_COLOR: "1" },
  };
}

function sizeRow(empty: string): Row {
  const size = statSync(hermes).size / 1e6;
  const floor = statSync(empty).size / 1e6;
  return {
    what: "binary, one file",
    measured: `${size.toFixed(1)} MB`,
    ratio: `empty binary + ${(size - floor).toFixed(1)} MB`,
    budget: "122 MB; empty + 13 MB",
  };
}

async function medians(
  run: ProgramRun,
  runs: number,
  server?: ModelServer,
  calls = 0,
): Promise<Medians> {
  const measured: (Measured & { readonly firstRequestMs: number })[] = [];
  const peaks: number[] = [];
  // One run more than counted: the first one reads the binary from the disk.
  for (let index = -1; index < runs; index++) {
    server?.reset(calls);
    const one = await measureRun(run);
    if (index < 0) continue;
    const firstRequestMs = (server?.requestTimes[0] ?? Number.NaN) - one.startedAt;
    measured.push({ ...one, firstRequestMs });
    server?.reset(calls);
    // By itself: sampling would disturb the time.
    if (index < 5) peaks.push(await measurePeak(run));
  }
  return {
    wallMs: median(measured.map((one) => one.wallMs)),
    peakMb: median(peaks),
    firstRequestMs: median(measured.map((one) => one.firstRequestMs)),
  };
}
