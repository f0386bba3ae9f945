import { isJsonObject, type Json, type JsonObject } from "../../../src/core/json.ts";
import {
  type RecordedRequest,
  type ResponsesServer,
  startResponsesServer,
  type StepSource,
} from "../../fakes/responses_server.ts";
import { checkEvents, type Ended, type Event, eventsOf, type Sandbox } from "../sandbox.ts";

/** A fake endpoint with the name that it has in the configuration. */
export interface NamedServer {
  readonly name: string;
  readonly server: ResponsesServer;
  /** Entry of `custom_providers`. */
  readonly entry: string;
}

/** An endpoint of one wire API, called `name`, whose key is in `NAME_KEY`. */
export async function startNamed(
  name: string,
  steps: readonly StepSource[],
  apiMode: "codex_responses" | "chat_completions" = "chat_completions",
): Promise<NamedServer & AsyncDisposable> {
  const server = await startResponsesServer({ steps });
  const key = `${name.toUpperCase()}_KEY`;
  return {
    name,
    server,
    entry: `  - {name: ${name}, base_url: "${server.url}", api_mode: ${apiMode}, key_env: ${key}}`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A key for each endpoint. */
export const keys = {
  FIRST_KEY: "first-key-0123456789",
  SECOND_KEY: "second-key-0123456789",
  THIRD_KEY: "third-key-0123456789",
};

/** How a run of one turn came out. */
export interface TurnRun extends Ended {
  readonly last: Event;
  readonly events: readonly Event[];
  /** Texts of its notices. */
  readonly notices: readonly string[];
  /** Types of what happened, without deltas and the frame of the run. */
  readonly kinds: readonly string[];
}

/** Runs one turn with `--json` and checks what must hold for every run. */
export async function runTurn(
  sandbox: Sandbox,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = keys,
): Promise<TurnRun> {
  const ended = await sandbox.run(["-z", "go", "--json", ...args], { env });
  const last = checkEvents(ended.stdout);
  const events = eventsOf(ended.stdout);
  return {
    ...ended,
    last,
    events,
    notices: events.flatMap(({ type, text, message }) =>
      type === "notice" ? [String(text ?? message)] : [],
    ),
    kinds: events.map(({ type }) => type),
  };
}

/** The key that each request carried. */
export function keysOf({ requests }: ResponsesServer): readonly string[] {
  return requests.map(({ headers }) => String(headers["authorization"]).replace("Bearer ", ""));
}

/** The body of a request, as an object. */
export function bodyOf(request: RecordedRequest | undefined): JsonObject {
  const body: Json | undefined = request?.body;
  if (!isJsonObject(body)) throw new Error("The request has no body");
  return body;
}

/** The models that were asked for, in order. */
export function modelsOf({ requests }: ResponsesServer): readonly Json[] {
  return requests.map((request) => bodyOf(request)["model"] ?? null);
}
