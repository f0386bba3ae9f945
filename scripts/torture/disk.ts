import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CampaignOptions, CampaignResult } from "./campaign.ts";
import { binaryPath } from "./hermes.ts";

/** A disk and a system that fail at each call in turn, while a login is written: the file is the old or the new one. */
export const name = "disk";
export const defaultCount = 400;
export const shortCount = 16;

const errnos = ["ENOSPC", "EIO", "EACCES", "EMFILE"] as const;
const calls = ["openat", "write", "fsync", "rename"] as const;

const before = `${JSON.stringify({ version: 1, providers: {}, credential_pool: { openai: [{ id: "a00001", source: "manual", access_token: "sk-before-0123456789" }] } }, null, 2)}\n`;
const key = "sk-after-0123456789abcdef";

export async function run({ count, log }: CampaignOptions): Promise<CampaignResult> {
  const totals = await countCalls();
  const all = calls.flatMap((call) =>
    errnos.flatMap((errno) =>
      Array.from({ length: totals[call] }, (_, index) => ({ call, errno, when: index + 1 })),
    ),
  );
  // The last calls of a kind are those of the writing: they come first, the loading of the program after them.
  const cases = all
    .toSorted((one, other) => totals[one.call] - one.when - (totals[other.call] - other.when))
    .slice(0, count);
  const failures: string[] = [];
  let changed = 0;
  for (const { call, errno, when } of cases) {
    const { code, text } = await addKey(`inject=${call}:error=${errno}:when=${when}`);
    const isNew = text.includes(key) && isWhole(text);
    if (isNew) changed++;
    const isRight = isNew || (text === before && code !== 0);
    if (!isRight)
      failures.push(`${errno} at ${call} ${when}: exit ${code}, file ${text.slice(0, 60)}`);
  }
  log(`${cases.length} of ${all.length} failures, the key was kept in ${changed} of them`);
  return { cases: cases.length, failures };
}

/** How often each call is made when nothing fails. */
async function countCalls(): Promise<Readonly<Record<(typeof calls)[number], number>>> {
  const { trace } = await addKey("trace=openat,write,fsync,rename");
  const count = (call: string): number =>
    trace.split("\n").filter((line) => line.includes(` ${call}(`)).length;
  return {
    openat: count("openat"),
    write: count("write"),
    fsync: count("fsync"),
    rename: count("rename"),
  };
}

async function addKey(
  option: string,
): Promise<{ readonly code: number; readonly text: string; readonly trace: string }> {
  const home = await mkdtemp(join(tmpdir(), "hermes-disk-"));
  try {
    const file = join(home, "auth.json");
    const log = join(home, "trace");
    await writeFile(file, before, { mode: 0o600 });
    const args = ["-f", "-qq", "-o", log, "-e", option, binaryPath(), "auth", "add", "openai"];
    const env = { PATH: process.env["PATH"] ?? "", HOME: home, HERMES_HOME: home };
    const child = spawn("strace", args, { env, stdio: ["pipe", "ignore", "ignore"] });
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(`${key}\n`);
    const code = await new Promise<number>((resolve) => {
      child.once("close", (status) => resolve(status ?? -1));
    });
    const read = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");
    return { code, text: await read(file), trace: await read(log) };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

function isWhole(text: string): boolean {
  try {
    return typeof JSON.parse(text) === "object" && text.includes("sk-before-0123456789");
  } catch {
    return false;
  }
}
