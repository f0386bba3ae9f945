import { join } from "node:path/posix";
import { HermesError } from "../core/errors.ts";
import type { Clock, Env, FileStore, Spawner } from "../core/ports.ts";
import { abortable } from "../wire/abortable.ts";
import { isDoneWithin } from "../wire/done_within.ts";
import { codexVersion, type CodexVersion } from "./version.ts";

export interface ConfigCheckDeps {
  readonly spawner: Spawner;
  readonly clock: Clock;
  readonly files: Pick<FileStore, "makeTemporaryDirectory" | "replaceFile" | "remove">;
  /** Ends what is asked: nothing is left behind. */
  readonly signal?: AbortSignal;
}

/** The codex that judges, and the environment it is started in. */
export interface Judge {
  /** Absolute path of the program. */
  readonly path: string;
  readonly env: Env;
}

/** Loading a configuration takes about 20 ms. */
const patienceMs = 10_000;

/**
 * What codex has against the configuration of a home, in its own words with line and column; undefined where it takes it.
 * `codex mcp list` loads everything, starts no server and asks nobody.
 * @throws {HermesError} `codex/silent`, `codex/missing`
 */
export async function complaintOfHome(
  deps: ConfigCheckDeps,
  judge: Judge,
  home: string,
): Promise<string | undefined> {
  const { code, stderr } = await runCodex(deps, judge, {
    arguments: ["mcp", "list", "--json"],
    env: { ...judge.env, CODEX_HOME: home },
  });
  return code === 0 ? undefined : complaint(stderr);
}

/**
 * The version of a codex, as `codex --version` tells it.
 * @throws {HermesError} `codex/too_old`, `codex/silent`, `codex/missing`
 */
export async function versionOfProgram(
  deps: Pick<ConfigCheckDeps, "spawner" | "clock" | "signal">,
  judge: Judge,
): Promise<CodexVersion> {
  const { stdout } = await runCodex(deps, judge, { arguments: ["--version"], env: judge.env });
  return codexVersion(stdout.replace(/^\S+ /, "codex/"));
}

const never = new AbortController().signal;

interface Call {
  readonly arguments: readonly string[];
  readonly env: Env;
}

interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function runCodex(
  { spawner, clock, signal = never }: Pick<ConfigCheckDeps, "spawner" | "clock" | "signal">,
  { path }: Judge,
  { arguments: args, env }: Call,
): Promise<Said> {
  const given = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const child = await spawner
    .spawn({
      program: path,
      arguments: args,
      // A project's own configuration would be read as well.
      cwd: "/",
      env: Object.fromEntries(given),
      stdin: "null",
    })
    .catch((error: unknown) => {
      throw new HermesError("codex/missing", `codex cannot be started: ${path}`, {
        cause: error,
        hint: "npm install -g @openai/codex",
      });
    });
  const ended = Promise.all([child.exited, readAll(child.stdout), readAll(child.stderr)]);
  try {
    if (!(await abortable(() => isDoneWithin(clock, ended, patienceMs), signal))) {
      throw new HermesError("codex/silent", `codex ${args.join(" ")} did not come to an end`, {
        retryable: true,
      });
    }
    const [{ code }, stdout, stderr] = await ended;
    return { code, stdout, stderr };
  } finally {
    child.killGroup("SIGKILL");
    child.abandon();
  }
}

/** The same for a text that is nobody's configuration yet: nothing of the user's is touched to ask. */
export async function complaintOfText(
  deps: ConfigCheckDeps,
  judge: Judge,
  { text, file }: { readonly text: string; readonly file: string },
): Promise<string | undefined> {
  const home = await deps.files.makeTemporaryDirectory("hermes-codex-");
  const staged = join(home, "config.toml");
  try {
    await deps.files.replaceFile(staged, text, { mode: 0o600 });
    return (await complaintOfHome(deps, judge, home))?.replaceAll(staged, file);
  } finally {
    await deps.files.remove(home, { recursive: true });
  }
}

/** The lines that say what and where: codex tells the chain of causes twice, with the line of the text between them. */
function complaint(stderr: string): string {
  const lines = stderr
    .split("\n")
    .map((line) => line.trim().replace(/^\d+: /, ""))
    .filter((line) => line !== "" && line !== "Caused by:" && !line.startsWith("WARNING: "));
  const [first = "codex gave no reason", ...causes] = lines.map((line) =>
    line.replace(/^Error: /, ""),
  );
  const excerpt = causes.findIndex((line) => line.startsWith("TOML parse error"));
  const told = excerpt === -1 ? causes : causes.slice(0, excerpt);
  return [...new Set(told.length === 0 ? [first] : told)].join(" ");
}

async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of chunks) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}
