import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isJsonObject, parseJson } from "../../src/core/json.ts";
import { withLock } from "../../src/platform/file_lock.ts";
import { startResponsesServer } from "../../tests/fakes/responses_server.ts";
import { textAnswer } from "../../tests/fakes/server_steps.ts";
import type { CampaignOptions, CampaignResult } from "./campaign.ts";
import { createSandbox, runHermes, type Sandbox } from "./hermes.ts";

/**
 * A line in the crontab of this user, written by `hermes cron install` through the real `crontab`, and run by the real
 * cron: a script and a prompt run to their end there, and the crontab is as it was behind that. It waits for the minute.
 */
export const name = "crontab";
export const defaultCount = 1;
export const shortCount = 1;

/** cron looks at the crontab each minute: the second one is enough, with time to spare. */
const patienceMs = 180_000;

/** What others have there, and must stay. */
const others = "# somebody else's\n5 4 1 1 * echo 100\\% # hermes cron\n";

/** What a script sees of where it runs. */
const script = `#!/bin/sh
echo "path: $PATH"
echo "home: $HERMES_HOME"
tty || true
echo "read: [$(cat)]"
`;

const minimalPath = "/usr/sbin:/usr/bin:/sbin:/bin";

/** @throws {Error} where there is no cron, or it may not be started */
export async function run({ count, log }: CampaignOptions): Promise<CampaignResult> {
  const failures: string[] = [];
  const borrowed = async (): Promise<readonly string[]> => {
    using crontab = borrowCrontab();
    using cron = startCron();
    const problems = await runOne(crontab, log);
    if (cron.problem() !== undefined) log(`another cron ran the line: ${cron.problem()}`);
    return problems;
  };
  for (let index = 0; index < count; index++) {
    // Two of them would each give the crontab back with lines of the other.
    const problems = await withLock(join(tmpdir(), "hermes-crontab.lock"), borrowed, patienceMs);
    if (problems.length > 0) failures.push(problems.join("; "));
  }
  return { cases: count, failures };
}

async function runOne(crontab: Crontab, log: (line: string) => void): Promise<readonly string[]> {
  await using server = await startResponsesServer({
    repeat: true,
    steps: [textAnswer("Good morning from cron")],
  });
  await using sandbox = await createSandbox({ url: server.url, apiMode: "codex_responses" });
  await mkdir(join(sandbox.home, "scripts"));
  await writeFile(join(sandbox.home, "scripts", "look.sh"), script, { mode: 0o700 });
  const deliver = (file: string) => ["--deliver", `file:${join(sandbox.home, file)}`];
  await hermes(sandbox, "add", "1s", "--script", "look.sh", "--no-agent", ...deliver("looked"));
  await hermes(sandbox, "add", "1s", "Say good morning", ...deliver("said"));

  crontab.write(others);
  await hermes(sandbox, "install", "--crontab", "--yes");
  const installed = crontab.read() ?? "";
  const read = (file: string) => readFile(join(sandbox.home, file), "utf8").catch(() => "");
  const givesUpAt = performance.now() + patienceMs;
  while (!(await haveRun(sandbox)) && performance.now() < givesUpAt) await sleep(500);
  const [looked, said] = [await read("looked"), await read("said")];
  await hermes(sandbox, "uninstall", "--yes");
  const left = crontab.read();

  const wanted: readonly (readonly [what: string, isSo: boolean])[] = [
    [
      `the line is not behind the others: ${installed}`,
      installed.startsWith(`${others}* * * * * `),
    ],
    [`the jobs did not run within ${patienceMs / 1_000} s`, looked !== "" && said !== ""],
    [`the script looked at ${looked}`, looked.includes(`home: ${sandbox.home}\n`)],
    [`the script had a terminal: ${looked}`, looked.includes("not a tty")],
    [`the script had something to read: ${looked}`, looked.includes("read: []\n")],
    [`the agent said ${said}`, said.includes("Good morning from cron")],
    [`the crontab was left as ${left}`, left === others],
  ];
  log(/^path: .*$/m.exec(looked)?.[0] ?? "no path");
  return wanted.flatMap(([what, isSo]) => (isSo ? [] : [what]));
}

async function hermes(sandbox: Sandbox, ...args: readonly string[]): Promise<string> {
  const path = `${process.env["PATH"] ?? ""}:${minimalPath}`;
  const machine = { ...sandbox, env: { PATH: path } };
  const { code, stdout, stderr } = await runHermes(machine, ["cron", ...args]);
  if (code === 0) return stdout;
  throw new Error(`hermes cron ${args.join(" ")} ends with ${code}: ${stderr.trim()}`);
}

async function haveRun(sandbox: Sandbox): Promise<boolean> {
  const document = parseJson(await hermes(sandbox, "list", "--json"));
  const jobs = isJsonObject(document) && Array.isArray(document["jobs"]) ? document["jobs"] : [];
  return jobs.length > 0 && jobs.every((job) => isJsonObject(job) && job["state"] === "done");
}

/** The crontab of this user, which goes back to what it was, whatever ends this process but SIGKILL. */
interface Crontab extends Disposable {
  /** Undefined: there is none. */
  read(): string | undefined;
  write(text: string): void;
}

function borrowCrontab(): Crontab {
  const before = readCrontab();
  const restore = (): void => {
    if (before === undefined) crontabProgram(["-r"]);
    else writeCrontab(before);
  };
  const byInterrupt = (): never => process.exit(130);
  const byTermination = (): never => process.exit(143);
  process.on("exit", restore).on("SIGINT", byInterrupt).on("SIGTERM", byTermination);
  return {
    read: readCrontab,
    write: writeCrontab,
    [Symbol.dispose]() {
      process.off("exit", restore).off("SIGINT", byInterrupt).off("SIGTERM", byTermination);
      restore();
    },
  };
}

function readCrontab(): string | undefined {
  const { status, stdout, stderr } = crontabProgram(["-l"]);
  if (status === 0) return stdout;
  if (/no crontab/.test(stderr)) return undefined;
  throw new Error(`crontab -l ends with ${status}: ${stderr}`);
}

function writeCrontab(text: string): void {
  const { status, stderr } = crontabProgram(["-"], text);
  if (status !== 0) throw new Error(`crontab - ends with ${status}: ${stderr}`);
}

function crontabProgram(args: readonly string[], input = "") {
  const { status, stdout, stderr, error } = spawnSync("crontab", args, {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
    input,
  });
  if (error) throw new Error("The program crontab is missing, install cron", { cause: error });
  return { status, stdout, stderr };
}

/** A cron in the foreground. Where one runs already, that one runs the lines, and this one has a problem. */
function startCron(): Disposable & { problem(): string | undefined } {
  const program = ["/usr/sbin/cron", "/usr/sbin/crond"].find(existsSync);
  if (program === undefined) throw new Error("The program cron is missing, install cron");
  let said = "";
  const cron: ChildProcess = spawn(program, ["-f"], { stdio: ["ignore", "ignore", "pipe"] });
  cron.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
  const end = (): void => void cron.kill("SIGTERM");
  process.on("exit", end);
  return {
    problem: () => (cron.exitCode === null ? undefined : said.trim()),
    [Symbol.dispose]() {
      process.off("exit", end);
      end();
    },
  };
}
