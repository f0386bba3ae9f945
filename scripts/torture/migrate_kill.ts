import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { codexVersions } from "../../tests/fakes/codex_binaries.ts";
import type { CampaignOptions, CampaignResult } from "./campaign.ts";
import { binaryPath } from "./hermes.ts";

/**
 * `kill -9` of `hermes codex migrate` and `unmigrate` at each of their calls that change a file: codex's configuration is
 * the old or the new one, the next migration knows what is whose, and the way back leads to the first bytes.
 */
export const name = "migrate-kill";
export const defaultCount = 400;
export const shortCount = 16;

const calls = ["openat", "write", "pwrite64", "fsync", "rename", "unlink", "fchmod"] as const;
type Call = (typeof calls)[number];
const commands = ["migrate", "unmigrate"] as const;
type Command = (typeof commands)[number];

const original = '# mine\nmodel = "gpt-5.5"\n[mcp_servers.mine]\ncommand = "true"';
const config = "mcp_servers: {fs: {command: npx, args: [-y, server]}}\n";
/** Each moment has a place of its own, and much of it is waiting for the disk. */
const parallel = 3;
const reportEvery = 50;

interface Moment {
  readonly command: Command;
  readonly call: Call;
  /** From 1. */
  readonly when: number;
  /** How many calls of the kind follow, when nothing is killed. */
  readonly left: number;
  /** Whether codex is asked what it thinks: its own calls count as well, and it may be what is killed. */
  readonly isJudged: boolean;
}

export async function run({ count, log }: CampaignOptions): Promise<CampaignResult> {
  const moments: Moment[] = [];
  for (const isJudged of [false, true]) {
    for (const command of commands) {
      const totals = await countCalls(command, isJudged);
      for (const [call, total] of totals) {
        for (let when = 1; when <= total; when++) {
          moments.push({ command, call, when, left: total - when, isJudged });
        }
      }
    }
  }
  // The last calls of a kind are those of the writing: they come first, the loading of the program after them.
  const cases = moments.toSorted((one, other) => one.left - other.left).slice(0, count);
  const failures: string[] = [];
  let [done, changed] = [0, 0];
  const work = cases.values();
  const worker = async (): Promise<void> => {
    for (const moment of work) {
      const { failure, isNew } = await kill(moment);
      if (isNew) changed++;
      if (failure !== undefined) {
        const { command, call, when, isJudged } = moment;
        failures.push(`${command}${isJudged ? ", judged" : ""}, ${call} ${when}: ${failure}`);
      }
      if (++done % reportEvery === 0) log(`${done} of ${cases.length}, ${failures.length} failed`);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  log(`${cases.length} of ${moments.length} moments, the new file was there in ${changed} of them`);
  return { cases: cases.length, failures };
}

async function kill(
  moment: Moment,
): Promise<{ readonly failure?: string; readonly isNew: boolean }> {
  const { command, call, when, isJudged } = moment;
  await using place = await createPlace(command, isJudged);
  const before = await place.read();
  await place.hermes(command, `inject=${call}:signal=SIGKILL:when=${when}`);
  const found = await place.read();
  const isNew = found !== before;
  if (![original, place.migrated].includes(found)) {
    return { failure: `torn: ${JSON.stringify(found)}`, isNew };
  }
  const code = await place.hermes("migrate");
  const migrated = await place.read();
  if (code !== 0 || migrated !== place.migrated) {
    return {
      failure: `not migrated afterwards (exit ${code}): ${JSON.stringify(migrated)}`,
      isNew,
    };
  }
  await place.hermes("unmigrate");
  const restored = await place.read();
  return restored === original
    ? { isNew }
    : { failure: `not restored: ${JSON.stringify(restored)}`, isNew };
}

/** How often each call is made when nothing is killed. */
async function countCalls(
  command: Command,
  isJudged: boolean,
): Promise<readonly (readonly [Call, number])[]> {
  await using place = await createPlace(command, isJudged);
  await place.hermes(command, `trace=${calls.join(",")}`);
  const trace = (await readFile(place.trace, "utf8")).split("\n");
  return calls.map((call) => [call, trace.filter((line) => line.includes(` ${call}(`)).length]);
}

interface Place extends AsyncDisposable {
  readonly trace: string;
  /** What the file says after a whole migration. */
  readonly migrated: string;
  read(): Promise<string>;
  /** Runs it under strace where there is something to trace; its exit code. */
  hermes(command: Command, option?: string): Promise<number>;
}

/** Two homes in front of a command: before `unmigrate` there is something to take away. */
async function createPlace(command: Command, isJudged: boolean): Promise<Place> {
  const root = await mkdtemp(join(tmpdir(), "hermes-migrate-kill-"));
  const [home, codexHome] = [join(root, "home"), join(root, "codex")];
  await Promise.all([mkdir(home, { mode: 0o700 }), mkdir(codexHome)]);
  const [file, trace] = [join(codexHome, "config.toml"), join(root, "trace")];
  await writeFile(join(home, "config.yaml"), config);
  await writeFile(file, original);
  const judge = isJudged ? (codexVersions.at(-1)?.path ?? "") : join(root, "no-codex");
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: root,
    HERMES_HOME: home,
    CODEX_HOME: codexHome,
    TMPDIR: root,
    HERMES_CODEX_BIN: judge,
  };
  const read = (): Promise<string> => readFile(file, "utf8").catch(() => "");
  const hermes = (ran: Command, option?: string): Promise<number> => {
    const own = [binaryPath(), "codex", ran];
    const line =
      option === undefined ? own : ["strace", "-f", "-qq", "-o", trace, "-e", option, ...own];
    const [program = "", ...args] = line;
    const child = spawn(program, args, { env, cwd: root, stdio: "ignore" });
    return new Promise((done, fail) => {
      child.once("error", fail);
      child.once("close", (code) => done(code ?? -1));
    });
  };
  await hermes("migrate");
  const migrated = await read();
  if (!migrated.startsWith(original)) throw new Error(`Nothing was migrated: ${migrated}`);
  if (command === "migrate") await hermes("unmigrate");
  return {
    trace,
    migrated,
    read,
    hermes,
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}
