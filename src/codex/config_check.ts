import { join } from "node:path/posix";
import { HermesError } from "../core/errors.ts";
import type { Clock, Env, FileStore, Spawner } from "../core/ports.ts";
import { isDoneWithin } from "./done_within.ts";

export interface ConfigCheckDeps {
  readonly spawner: Spawner;
  readonly clock: Clock;
  readonly files: Pick<FileStore, "makeTemporaryDirectory" | "replaceFile" | "remove">;
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
  const variables = { ...judge.env, CODEX_HOME: home };
  const env = Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const child = await deps.spawner
    .spawn({
      program: judge.path,
      arguments: ["mcp", "list", "--json"],
      // A project's own configuration would be read as well.
      cwd: "/",
      env,
      stdin: "null",
    })
    .catch((error: unknown) => {
      throw new HermesError("codex/missing", `codex cannot be started: ${judge.path}`, {
        cause: error,
        hint: "npm install -g @openai/codex",
      });
    });
  const [output, problem] = [readAll(child.stdout), readAll(child.stderr)];
  try {
    const ended = Promise.all([child.exited, output, problem]);
    if (!(await isDoneWithin(deps.clock, ended, patienceMs))) {
      throw new HermesError("codex/silent", "codex did not say what it thinks of its configuration", {
        retryable: true,
      });
    }
    const { code } = await child.exited;
    return code === 0 ? undefined : complaint(await problem);
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
    .filter((line) => line !== "" && line !== "Caused by:" && !/^WARNING: /.test(line));
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
