/** Plays a case on the real codex with the bare client. */
import { type JsonObject, isJsonObject } from "../../src/core/json.ts";
import type { CodexBinary } from "../../tests/fakes/codex_binaries.ts";
import type { CodexCase, Meanwhile } from "../../tests/fakes/codex_cases.ts";
import { type CodexHome, createCodexHome } from "../../tests/fakes/codex_home.ts";
import { startResponsesServer } from "../../tests/fakes/responses_server.ts";
import { BareCodex, BareCodexError, type WireMessage } from "../lib/bare_codex.ts";

/** What a case put on the wire: the messages of each codex process. */
export interface Played {
  readonly processes: readonly (readonly WireMessage[])[];
  /** The directories that were used; gone by now. */
  readonly home: CodexHome;
  readonly serverUrl: string;
  /** What codex asked the model for. */
  readonly requests: readonly JsonObject[];
}

/** How long a case may take, and how long what follows the end of a turn is waited for. */
const caseMs = 20_000;
const settleMs = 1_000;
/** Notifications race with what a client says next: it waits for silence, so that recordings come out alike. */
const quietMs = 60;

/** Plays a case from the start of codex to its end. @throws {Error} when codex does not do what the case needs */
export async function driveCase(codex: CodexBinary, played: CodexCase): Promise<Played> {
  await using server = await startResponsesServer({
    steps: played.steps(codex.version),
    rules: played.rules ?? [],
  });
  await using home = await createCodexHome({
    serverUrl: server.url,
    ...(played.model !== undefined && { model: played.model }),
    ...played.home,
  });
  const segments = played.isRestarted ? played.prompts.map((one) => [one]) : [played.prompts];
  const processes: (readonly WireMessage[])[] = [];
  let threadId: string | undefined;
  for (const prompts of segments) {
    await using running = new BareCodex({
      path: codex.path,
      cwd: home.work,
      env: home.env,
      answer: (method) =>
        played.answeredTogether === undefined ? played.answers?.[method] : undefined,
    });
    threadId = await within(caseMs, played.name, runProcess(running, played, prompts, threadId));
    processes.push([...running.messages]);
  }
  const requests = server.requests.map(({ body }) => body).filter(isJsonObject);
  return { processes, home, serverUrl: server.url, requests };
}

/** Returns the thread's id, or undefined where codex refuses to open one. */
async function runProcess(
  codex: BareCodex,
  played: CodexCase,
  prompts: readonly string[],
  threadId: string | undefined,
): Promise<string | undefined> {
  await codex.initialize();
  await codex.quiet(quietMs);
  let reply: JsonObject;
  try {
    reply =
      threadId === undefined
        ? await codex.request("thread/start", played.thread)
        : await codex.request("thread/resume", { threadId, excludeTurns: true });
  } catch (error) {
    if (error instanceof BareCodexError) return undefined;
    throw error;
  }
  await codex.quiet(quietMs);
  const opened = idOf(reply["thread"]);
  for (const prompt of prompts) await runTurn(codex, played, opened, prompt);
  return opened;
}

async function runTurn(
  codex: BareCodex,
  played: CodexCase,
  threadId: string,
  prompt: string,
): Promise<void> {
  const input = [{ type: "text", text: prompt }];
  const reply = await codex.request("turn/start", { threadId, input });
  const turnId = idOf(reply["turn"]);
  const { meanwhile, answeredTogether } = played;
  await Promise.all([
    codex.notification("turn/completed", ({ turn }) => idOf(turn) === turnId),
    meanwhile && doMeanwhile(codex, meanwhile, { threadId, turnId }),
    answeredTogether && answerTogether(codex, played, answeredTogether),
  ]);
  if (played.isCleaned) await codex.request("thread/backgroundTerminals/clean", { threadId });
  await settle(codex, turnId);
  await codex.quiet(quietMs);
}

async function doMeanwhile(
  codex: BareCodex,
  { when, itemType, does }: Meanwhile,
  ids: { readonly threadId: string; readonly turnId: string },
): Promise<void> {
  await codex.until(({ message }) => {
    const { params } = message;
    const item = isJsonObject(params) ? params["item"] : undefined;
    const type = isJsonObject(item) ? item["type"] : undefined;
    return message["method"] === when && (itemType === undefined || type === itemType);
  }, when);
  if (does === "interrupt") {
    await codex.request("turn/interrupt", { ...ids });
    return;
  }
  const input = [{ type: "text", text: does.steers }];
  const { threadId, turnId } = ids;
  await codex.request("turn/steer", { threadId, expectedTurnId: turnId, input });
}

async function answerTogether(codex: BareCodex, played: CodexCase, count: number): Promise<void> {
  const isRequest = ({ from, message }: WireMessage): boolean =>
    from === "server" && message["id"] !== undefined && message["method"] !== undefined;
  const open = (): readonly WireMessage[] => codex.messages.filter(isRequest);
  await codex.until(() => open().length >= count, `${count} requests`);
  for (const { message } of open().toReversed()) {
    const { id, method } = message;
    const result = typeof method === "string" ? played.answers?.[method] : undefined;
    if (id !== undefined && result !== undefined) codex.respond(id, result);
  }
}

/** Waits for the items that end after their turn, as those of commands do on 0.130. */
async function settle(codex: BareCodex, turnId: string): Promise<void> {
  const itemsOf = (method: string): ReadonlySet<string> =>
    new Set(
      codex.messages
        .filter(({ message }) => message["method"] === method)
        .map(({ message }) => message["params"])
        .filter(isJsonObject)
        .filter((params) => params["turnId"] === turnId)
        .map((params) => idOf(params["item"])),
    );
  const isSettled = (): boolean => itemsOf("item/started").isSubsetOf(itemsOf("item/completed"));
  if (isSettled()) return;
  await within(settleMs, "settled", codex.until(isSettled, "the end of every item")).catch(
    // Interrupted ones never end: what came is the recording.
    () => undefined,
  );
}

function idOf(value: unknown): string {
  const id = isJsonObject(value) ? value["id"] : undefined;
  return typeof id === "string" ? id : "";
}

async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Not within ${ms} ms: ${what}`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
