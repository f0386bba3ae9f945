/** The compiled binary as a child process, with a home of its own. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { isJsonObject, type JsonObject, parseJson } from "../../src/core/json.ts";

/** A machine for one case: a home that knows one endpoint, and a directory to work in. Removed with `await using`. */
export interface Sandbox extends AsyncDisposable {
  readonly home: string;
  readonly cwd: string;
}

export interface Endpoint {
  readonly url: string;
  readonly apiMode: "codex_responses" | "chat_completions";
}

export async function createSandbox(endpoint: Endpoint): Promise<Sandbox> {
  const root = await mkdtemp(join(tmpdir(), "hermes-torture-"));
  const [home, cwd] = [join(root, "home"), join(root, "work")];
  await mkdir(home, { mode: 0o700 });
  await mkdir(cwd);
  const config = [
    "model:",
    "  provider: custom",
    "  default: m1",
    `  base_url: ${endpoint.url}`,
    `  api_mode: ${endpoint.apiMode}`,
  ];
  await writeFile(join(home, "config.yaml"), `${config.join("\n")}\n`);
  return {
    home,
    cwd,
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

/** Where the binary runs. */
export interface Machine {
  readonly home: string;
  readonly cwd: string;
  /** Besides PATH and the two homes. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What a run of the binary left behind. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Called with each whole line of stdout as it comes. */
  readonly onLine?: (line: string) => void;
  /** Told the process's own kill, once it has started. */
  readonly onStart?: (killHard: () => void) => void;
}

/** A run that takes longer hangs; it is killed and its code is null. */
const maxRunMs = 30_000;

/** @throws {Error} when the binary is not there */
export function binaryPath(): string {
  const path = resolve(process.env["HERMES_BINARY"] ?? "dist/hermes");
  if (!existsSync(path)) throw new Error(`The binary is missing, run scripts/build first: ${path}`);
  return path;
}

/** Runs the binary in a sandbox, without stdin, to its end. */
export function runHermes(
  sandbox: Machine,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  return new Promise((done, fail) => {
    const child = spawn(binaryPath(), args, {
      cwd: sandbox.cwd,
      env: {
        PATH: process.env["PATH"] ?? "/usr/bin:/bin",
        HOME: sandbox.home,
        HERMES_HOME: sandbox.home,
        ...sandbox.env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const killHard = (): void => void child.kill("SIGKILL");
    const limit = setTimeout(killHard, maxRunMs);
    let stdout = "";
    let stderr = "";
    let lineStart = 0;
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      stdout += chunk;
      for (;;) {
        const end = stdout.indexOf("\n", lineStart);
        if (end === -1) return;
        options.onLine?.(stdout.slice(lineStart, end));
        lineStart = end + 1;
      }
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      stderr += chunk;
    });
    child.once("error", fail);
    child.once("spawn", () => options.onStart?.(killHard));
    // `close` comes after all output was read, also what a killed process had written.
    child.once("close", (code) => {
      clearTimeout(limit);
      done({ code, stdout, stderr });
    });
  });
}

/** The events of a run with `--json`; a last line without its line break is left out. */
export function eventsOf(stdout: string): readonly JsonObject[] {
  return stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => parseJson(line))
    .filter(isJsonObject);
}
