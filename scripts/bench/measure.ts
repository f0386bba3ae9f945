/** Runs of whole programs, measured one after the other so that they do not disturb one another. */
import { readFileSync } from "node:fs";

export interface ProgramRun {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** One finished run. */
export interface Measured {
  /** From before the spawn to the exit, in milliseconds. */
  readonly wallMs: number;
  /** `performance.now()` right before the spawn, to be held against other moments. */
  readonly startedAt: number;
}

/** The program's wall time. @throws {Error} with its stderr when it ends with another code than 0 */
export async function measureRun(run: ProgramRun): Promise<Measured> {
  const startedAt = performance.now();
  const child = launch(run);
  const stderr = new Response(child.stderr).text();
  await endWell(child, run, stderr);
  return { wallMs: performance.now() - startedAt, startedAt };
}

/**
 * The peak resident memory of the program's process, in megabytes (10^6 bytes). Sampled while it runs: what `wait4`
 * reports includes this process, from which the program was forked.
 */
export async function measurePeak(run: ProgramRun): Promise<number> {
  const child = launch(run);
  const stderr = new Response(child.stderr).text();
  const ended = endWell(child, run, stderr);
  let peakKb = 0;
  for (let isRunning = true; isRunning;) {
    const status = await Bun.file(`/proc/${child.pid}/status`)
      .text()
      .catch(() => "");
    // The high-water mark of the program itself: it begins anew at its exec.
    const isProgram = !/^Name:\s+bun$/m.test(status) || run.program.endsWith("/bun");
    const mark = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
    if (isProgram) peakKb = Math.max(peakKb, mark);
    isRunning = await Promise.race([ended.then(() => false), nextTick().then(() => true)]);
  }
  await ended;
  return (peakKb * 1024) / 1e6;
}

function nextTick(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function launch({ program, args, cwd, env }: ProgramRun) {
  return Bun.spawn([program, ...args], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
    ...(cwd === undefined ? {} : { cwd }),
    env: { PATH: process.env["PATH"] ?? "", ...env },
  });
}

async function endWell(
  child: ReturnType<typeof launch>,
  { program, args }: ProgramRun,
  stderr: Promise<string>,
): Promise<void> {
  const exitCode = await child.exited;
  if (exitCode === 0) return;
  throw new Error(`${program} ${args.join(" ")} ended with ${exitCode}:\n${await stderr}`);
}

/** The median of some numbers; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Calls `work` often enough to be timed and gives the median time of one call, in microseconds. */
export function timeCall(work: () => void, { rounds = 15, callsPerRound = 200 } = {}): number {
  for (let call = 0; call < callsPerRound; call++) work();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    for (let call = 0; call < callsPerRound; call++) work();
    times.push(((performance.now() - start) * 1000) / callsPerRound);
  }
  return median(times);
}

/** What the numbers were measured on: processor, cores, kernel. */
export function describeMachine(): string {
  const cpu =
    /^model name\s*:\s*(.+)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ??
    "unknown processor";
  const { length: cores } = readFileSync("/proc/cpuinfo", "utf8").match(/^processor\s*:/gm) ?? [];
  const kernel = readFileSync("/proc/sys/kernel/osrelease", "utf8").trim();
  return `${cpu}, ${cores} cores, Linux ${kernel}`;
}
