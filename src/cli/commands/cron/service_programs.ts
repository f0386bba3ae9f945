import { errnoOf, HermesError } from "../../../core/errors.ts";
import type { Ports } from "../../../core/ports.ts";

/** How a program ended, with what it printed. */
interface Report {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How long one of them may take, in ms: systemctl waits for a service to start. */
const patienceMs = 30_000;

type RunPorts = Pick<Ports, "spawner" | "env" | "host" | "clock">;

/** Whether systemd runs services for this user. */
export async function hasUserSystemd(ports: RunPorts, signal: AbortSignal): Promise<boolean> {
  if ((await ports.spawner.find("systemctl")) === undefined) return false;
  return (await systemctl(ports, ["show-environment"], signal)).code === 0;
}

/** Calls `systemctl --user`; whatever it says is a report. */
export async function systemctl(
  ports: RunPorts,
  args: readonly string[],
  signal: AbortSignal,
): Promise<Report> {
  return await runProgram(ports, ["systemctl", "--user", ...args], { signal });
}

/** The user's crontab; empty where there is none. @throws {HermesError} `program/missing`, `file/unreadable` */
export async function readCrontab(ports: RunPorts, signal: AbortSignal): Promise<string> {
  await requireCrontab(ports);
  const { code, stdout, stderr } = await runProgram(ports, ["crontab", "-l"], { signal });
  if (code === 0) return stdout;
  // Said by every cron where the user has none (POSIX leaves the words open): "no crontab for anna".
  if (/\bno crontab\b/i.test(stderr)) return "";
  throw new HermesError("file/unreadable", `Cannot read the crontab: ${stderr.trim()}`, {
    hint: "crontab -l shows what is wrong",
  });
}

/** Replaces the user's crontab. @throws {HermesError} `program/missing`, `file/unwritable` */
export async function writeCrontab(
  ports: RunPorts,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  await requireCrontab(ports);
  const { code, stderr } = await runProgram(ports, ["crontab", "-"], { signal, stdin: text });
  if (code === 0) return;
  throw new HermesError("file/unwritable", `Cannot write the crontab: ${stderr.trim()}`, {
    hint: "crontab -e shows what is wrong",
  });
}

async function requireCrontab({ spawner }: RunPorts): Promise<void> {
  if ((await spawner.find("crontab")) !== undefined) return;
  throw new HermesError("program/missing", "The program crontab is not on PATH", {
    hint: "install cron, or keep hermes cron daemon running",
  });
}

async function runProgram(
  { spawner, env, host, clock }: RunPorts,
  [program = "", ...args]: readonly string[],
  { stdin, signal }: { readonly stdin?: string; readonly signal: AbortSignal },
): Promise<Report> {
  const inherited = Object.entries(env).filter((entry): entry is [string, string] => {
    return entry[1] !== undefined;
  });
  try {
    const child = await spawner.spawn({
      program,
      arguments: args,
      cwd: host.homeDirectory,
      // What it says of failures is read.
      env: { ...Object.fromEntries(inherited), LC_ALL: "C" },
      stdin: stdin === undefined ? "null" : "pipe",
    });
    const over = new AbortController();
    const end = AbortSignal.any([signal, over.signal]);
    const patience = clock.sleep(patienceMs, end).then(
      () => child.killGroup("SIGKILL"),
      () => !over.signal.aborted && child.killGroup("SIGTERM"),
    );
    try {
      const reading = Promise.all([textOf(child.stdout), textOf(child.stderr)]);
      if (stdin !== undefined) {
        await child.write(stdin).catch(() => undefined);
        child.closeStdin();
      }
      const [[stdout, stderr], exit] = await Promise.all([reading, child.exited]);
      return { code: exit.code ?? 1, stdout, stderr };
    } finally {
      over.abort();
      await patience;
    }
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return { code: 127, stdout: "", stderr: `${program}: ${errnoOf(error) ?? ""}` };
  }
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of chunks) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}
