import { HermesError, toHermesError } from "../core/errors.ts";
import { isJsonObject, type Json } from "../core/json.ts";
import type { Incoming } from "../wire/json_rpc.ts";
import type { CodexAccount, CodexSettings } from "./client.ts";
import { Connection, type ConnectionDeps } from "./connection.ts";
import { signInHint } from "./failures.ts";
import { type CodexProcessDeps, type CodexProgram, findCodex, startCodex } from "./process.ts";

/** What is known of the codex of this machine. */
export interface CodexStatus {
  /** Undefined where there is none. */
  readonly path: string | undefined;
  readonly version: string | undefined;
  readonly account: CodexAccount | undefined;
  readonly settings: CodexSettings | undefined;
  /** What codex itself finds odd about its configuration, one text each. */
  readonly warnings: readonly string[];
  /** What keeps turns from running on it, the first that was found. */
  readonly failure: HermesError | undefined;
}

/** Starts codex, asks it about itself, and ends it; changes nothing. Throws nothing but what the signal aborts with. */
export async function readCodexStatus(
  deps: CodexProcessDeps & ConnectionDeps & { readonly version: string },
  program: CodexProgram,
  signal: AbortSignal,
): Promise<CodexStatus> {
  const known: { -readonly [Field in keyof CodexStatus]: CodexStatus[Field] } = {
    path: undefined,
    version: undefined,
    account: undefined,
    settings: undefined,
    warnings: [],
    failure: undefined,
  };
  let connection: Connection | undefined;
  try {
    known.path = await findCodex(deps.spawner, program);
    connection = new Connection(await startCodex(deps, program), deps);
    const { client } = connection;
    known.version = (await client.initialize(deps.version, signal)).text;
    connection.enter("while it opened the session");
    known.account = await client.readAccount(signal).catch(() => undefined);
    const { model, modelProvider, hasSandboxChoice } = await client.readSettings(
      program.cwd,
      signal,
    );
    known.settings = { model, modelProvider, hasSandboxChoice };
    const { account } = known;
    if (account?.isNeeded === true && account.kind === undefined) {
      known.failure = new HermesError("auth/missing", "codex is not signed in", {
        hint: signInHint,
      });
    }
  } catch (error) {
    known.failure = toHermesError((await connection?.explain(error)) ?? error);
  } finally {
    known.warnings = (connection?.takeEarly() ?? []).flatMap(warningOf);
    await connection?.stop();
  }
  return known;
}

function warningOf(message: Incoming): readonly string[] {
  if (message.kind !== "notification" || message.method !== "configWarning") return [];
  const { params } = message;
  if (!isJsonObject(params)) return [];
  const texts = [params["summary"], params["details"]].filter(isText);
  return texts.length === 0 ? [] : [texts.join(" ")];
}

function isText(value: Json | undefined): value is string {
  return typeof value === "string" && value !== "";
}
