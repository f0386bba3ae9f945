import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Consequence, type Fault, faultsOf, firstText } from "../../fakes/fault_script.ts";
import { type ProviderShape, providerShapes } from "../../fakes/provider_shapes.ts";
import { startResponsesServer } from "../../fakes/responses_server.ts";
import type { RawStep } from "../../fakes/server_steps.ts";
import { checkEvents, createSandbox, eventsOf } from "../sandbox.ts";

/** What a run came to, as far as its user, its scripts and its endpoint notice. */
interface Seen {
  readonly requests: number;
  readonly exit: number;
  /** The last event: its type, and the final text or the code of the failure. */
  readonly last: string;
  readonly retries: number;
  /** What the session holds. */
  readonly stored: readonly string[];
  /** Whether a tool ran. */
  readonly ranTool: boolean;
}

const secondText = "The second answer is whole.";
/** Runs at the same time: most of their time they wait. */
const lanes = 8;
/** For silence, where a test waits for the end of it. */
const patience = { HERMES_API_CALL_STALE_TIMEOUT: "3", HERMES_CODEX_TTFB_TIMEOUT_SECONDS: "3" };

async function see(shape: ProviderShape, fault: Fault): Promise<Seen> {
  await using sandbox = await createSandbox();
  const whole: RawStep = { kind: "raw", frames: shape.answer(secondText) };
  await using server = await startResponsesServer({ steps: [fault.step, whole] });
  const place = `provider: ${shape.provider}, base_url: "${server.url}", default: ${shape.model}`;
  const model = `model: {${place}, api_mode: ${apiMode(shape)}}`;
  await sandbox.configure(`${model}\nagent: {api_max_retries: 3}\n`);
  const isSilent = fault.name.startsWith("silence");
  const { code, stdout } = await sandbox.run(["-z", "go", "--json", "--yolo"], {
    env: isSilent ? patience : {},
  });
  const last = checkEvents(stdout);
  const error = last["error"] as { readonly code?: string } | undefined;
  const final = last["final_text"] as string | undefined;
  return {
    requests: server.requests.length,
    exit: code,
    last: `${last.type}: ${final ?? error?.code}`,
    retries: eventsOf(stdout).filter(({ type }) => type === "retry").length,
    stored: storedIn(join(sandbox.home, "sessions.db")),
    ranTool: existsSync(join(sandbox.work, "mark")),
  };
}

function apiMode({ wireApi }: ProviderShape): string {
  return wireApi === "responses" ? "codex_responses" : wireApi;
}

function storedIn(path: string): readonly string[] {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const rows = database.prepare("SELECT body FROM items ORDER BY seq").all();
    return rows.flatMap(({ body }) => {
      const item = JSON.parse(String(body)) as { readonly type: string; readonly text?: string };
      // Reasoning is part of some shapes' answers and no matter here.
      if (item.type === "reasoning") return [];
      return [item.text === undefined ? item.type : `${item.type}: ${item.text}`];
    });
  } finally {
    database.close();
  }
}

function expected(consequence: Consequence): Seen {
  const rest = { ranTool: false };
  if (consequence === "passes") {
    const stored = ["user-message", `assistant-message: ${firstText}`];
    return {
      requests: 1,
      exit: 0,
      last: `turn.completed: ${firstText}`,
      retries: 0,
      stored,
      ...rest,
    };
  }
  if (consequence === "heals") {
    const stored = ["user-message", `assistant-message: ${secondText}`];
    return {
      requests: 2,
      exit: 0,
      last: `turn.completed: ${secondText}`,
      retries: 1,
      stored,
      ...rest,
    };
  }
  const { code, exit } = consequence;
  return {
    requests: 1,
    exit,
    last: `turn.failed: ${code}`,
    retries: 0,
    stored: ["user-message"],
    ...rest,
  };
}

for (const shape of providerShapes) {
  test(`every fault of ${shape.name} costs what it has to, and leaves nothing behind`, async () => {
    const faults = faultsOf(shape, "mark");
    const seen: Record<string, Seen> = {};
    const queue = [...faults];
    const work = async (): Promise<void> => {
      for (let fault = queue.shift(); fault; fault = queue.shift()) {
        seen[fault.name] = await see(shape, fault);
      }
    };
    await Promise.all(Array.from({ length: lanes }, work));
    expect(seen).toEqual(
      Object.fromEntries(faults.map(({ name, consequence }) => [name, expected(consequence)])),
    );
  });
}
