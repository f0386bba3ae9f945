/** Steps of the gate: one program each, one line each. */
import { spawn } from "node:child_process";

/** A program that either succeeds or says what is wrong. */
export interface Step {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the environment; `undefined` removes. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** What a program printed and how it ended. */
export interface Ended {
  /** 128 + n where signal n ended it. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

// Colours would get into the text that is read; oxlint takes CI for a wish for them.
const plain = { NO_COLOR: "1", FORCE_COLOR: undefined, CI: undefined, DENO_NO_UPDATE_CHECK: "1" };

/** Runs a program to its end without stdin. A program that cannot be started ends with 127. */
export function run(step: Step): Promise<Ended> {
  return new Promise((resolve) => {
    const env = { ...process.env, ...plain, ...step.env };
    const child = spawn(step.command, step.args, { env, stdio: ["ignore", "pipe", "pipe"] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    const end = (exitCode: number): void =>
      resolve({
        exitCode,
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
      });
    child.on("error", (error) => {
      err.push(Buffer.from(`${error.message}\n`));
      end(127);
    });
    child.on("close", (code) => end(code ?? 128));
  });
}

/** Runs a step and prints its line, then its output if `isGood` refuses it. */
export async function runStep(
  step: Step,
  isGood: (ended: Ended) => boolean = ({ exitCode }) => exitCode === 0,
): Promise<{ readonly ended: Ended; readonly isOk: boolean }> {
  const start = performance.now();
  const ended = await run(step);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const isOk = isGood(ended);
  console.log(`${isOk ? "ok    " : "FAILED"}  ${step.name.padEnd(14)} ${seconds.padStart(6)} s`);
  if (!isOk) console.log(`${ended.stdout}${ended.stderr}`.trimEnd());
  return { ended, isOk };
}
