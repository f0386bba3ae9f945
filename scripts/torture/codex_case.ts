import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { isJsonObject, parseJson } from "../../src/core/json.ts";
import type { CodexBinary } from "../../tests/fakes/codex_binaries.ts";
import { createCodexHome } from "../../tests/fakes/codex_home.ts";
import { startResponsesServer } from "../../tests/fakes/responses_server.ts";
import { callTool, type ServerStep, textAnswer } from "../../tests/fakes/server_steps.ts";
import { eventsOf, runHermes } from "./hermes.ts";

/** What the turn does when hermes is killed. */
export const codexWork = ["streaming", "sandboxed command", "free command"] as const;

export interface CodexKill {
  readonly codex: CodexBinary;
  readonly work: (typeof codexWork)[number];
  /** Since hermes was started. */
  readonly afterMs: number;
}

export interface CodexKillOutcome {
  /** How long anything lived on after the kill. */
  readonly goneAfterMs: number;
  readonly failure?: string;
}

/** Everything that a killed hermes leaves behind must be gone by then, in milliseconds. */
const patienceMs = 5_000;

/** Whose processes they are: inherited by codex and by its commands. */
const variable = "HERMES_TORTURE_CASE";

/** Kills hermes in a turn on codex; looks for what lives on, and whether the session goes on. */
export async function runCodexKill(kill: CodexKill): Promise<CodexKillOutcome> {
  await using server = await startResponsesServer({
    steps: [stepOf(kill.work)],
    repeat: true,
  });
  await using home = await createCodexHome({ serverUrl: server.url });
  const marker = crypto.randomUUID();
  const machine = {
    home: join(home.root, "hermes"),
    cwd: home.work,
    env: { ...home.env, HERMES_CODEX_BIN: kill.codex.path, [variable]: marker },
  };
  const turn = ["--runtime", "codex_app_server", "--yolo", "--json"];
  const { stdout } = await runHermes(machine, ["-z", "Do the work", ...turn], {
    onStart: (killHard) => void setTimeout(killHard, kill.afterMs),
  });
  const killedAt = performance.now();
  const left = await untilGone(marker);
  const goneAfterMs = performance.now() - killedAt;
  if (left.length > 0) return { goneAfterMs, failure: `Still running: ${left.join("; ")}` };
  await using next = await startResponsesServer({ steps: [textAnswer("Done.")], repeat: true });
  await home.configure(next.url);
  const hasSession = stdout.includes("item.completed");
  const failure = await followUpFault(machine, [...turn, ...(hasSession ? ["-c"] : [])]);
  return { goneAfterMs, ...(failure === undefined ? {} : { failure }) };
}

function stepOf(work: CodexKill["work"]): ServerStep {
  const command = { cmd: "sleep 4000", yield_time_ms: 60_000 };
  switch (work) {
    case "streaming":
      return textAnswer("word ".repeat(2_000), { everyMs: 5, pieceSize: 5 });
    case "sandboxed command":
      return callTool("exec_command", command);
    case "free command":
      return callTool("exec_command", {
        ...command,
        sandbox_permissions: "require_escalated",
        justification: "It must run outside",
      });
    default:
      return work satisfies never;
  }
}

/** Command lines of those that are left when the time is over; none as soon as all are gone. */
async function untilGone(marker: string): Promise<readonly string[]> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const left = await running(marker);
    if (left.length === 0 || performance.now() > end) return left;
    await sleep(20);
  }
}

async function running(marker: string): Promise<readonly string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map(async (pid) => {
      const environ = await readFile(`/proc/${pid}/environ`, "latin1").catch(() => "");
      if (!environ.split("\0").includes(`${variable}=${marker}`)) return [];
      const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      return [`${pid} ${line.replaceAll("\0", " ").slice(0, 80)}`];
    }),
  );
  return lines.flat();
}

async function followUpFault(
  machine: Parameters<typeof runHermes>[0],
  args: readonly string[],
): Promise<string | undefined> {
  const { code, stdout, stderr } = await runHermes(machine, ["-z", "Go on", ...args]);
  const last = eventsOf(stdout).at(-1);
  if (code === 0 && last?.["type"] === "turn.completed") return undefined;
  const error = isJsonObject(last) ? last["error"] : parseJson(stderr);
  return `The next run ended with ${code}: ${JSON.stringify(error ?? stderr.trim())}`;
}
