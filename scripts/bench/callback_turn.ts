/** A first turn on codex with our MCP server beside it, against one without, in the same run. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ownServerName } from "../../src/codex/own_server.ts";
import type { CodexBinary } from "../../tests/fakes/codex_binaries.ts";
import { type CodexHome, createCodexHome } from "../../tests/fakes/codex_home.ts";
import { startResponsesServer } from "../../tests/fakes/responses_server.ts";
import { textAnswer } from "../../tests/fakes/server_steps.ts";
import { measureRun, median, type ProgramRun } from "./measure.ts";
import { ms, type Row } from "./table.ts";

const hermes = resolve("dist/hermes");

/** @throws {Error} when a turn fails, or the tools are not as they should be */
export async function callbackTurnRow(codex: CodexBinary, runs: number): Promise<Row> {
  await using server = await startResponsesServer({ steps: [textAnswer("Done.")], repeat: true });
  await using home = await createCodexHome({ serverUrl: server.url });
  const [withServer, without] = [
    turnIn({ codex, home }, "with", { hermes_tools: "mcp" }),
    turnIn({ codex, home }, "without", { expose_hermes_tools: false }),
  ];
  // A turn that codex began before the server was there would look as fast as one without.
  const measure = async (run: ProgramRun, hasTools: boolean): Promise<number> => {
    const { wallMs } = await measureRun(run);
    const asked = JSON.stringify(server.requests.at(-1)?.body ?? null);
    if (asked.includes(`mcp__${ownServerName.replaceAll("-", "_")}`) === hasTools) return wallMs;
    throw new Error(`Our tools ${hasTools ? "are missing" : "are there"}: ${asked}`);
  };
  const [ours, bare]: readonly [number[], number[]] = [[], []];
  // In turns, so that what disturbs the machine disturbs both; the first of each reads from the disk.
  for (let run = -1; run < runs; run++) {
    const [one, other] = [await measure(withServer, true), await measure(without, false)];
    if (run < 0) continue;
    ours.push(one);
    bare.push(other);
  }
  const [mine, floor] = [median(ours), median(bare)];
  return {
    what: `hermes -z on codex ${codex.version}, our server beside it`,
    measured: ms(mine),
    ratio: `without it ${ms(floor)}, + ${ms(mine - floor)}`,
    budget: "-",
  };
}

/** A turn of a new session, in a home of hermes with these settings. */
function turnIn(
  { codex, home }: { readonly codex: CodexBinary; readonly home: CodexHome },
  name: string,
  settings: Readonly<Record<string, unknown>>,
): ProgramRun {
  const own = join(home.root, name);
  mkdirSync(own, { mode: 0o700 });
  writeFileSync(join(own, "config.yaml"), JSON.stringify({ codex: settings }));
  return {
    program: hermes,
    args: ["-z", "Say done", "--runtime", "codex_app_server", "--json"],
    cwd: home.work,
    env: { ...home.env, HERMES_HOME: own, HERMES_CODEX_BIN: codex.path },
  };
}
