import { isJsonObject, type Json } from "../../../src/core/json.ts";
import {
  type RecordedRequest,
  type ResponsesServer,
  startResponsesServer,
  type StepSource,
} from "../../fakes/responses_server.ts";
import {
  checkEvents,
  configFor,
  type Ended,
  type Event,
  eventsOf,
  type Sandbox,
  type wireApis,
} from "../sandbox.ts";

/** A turn of the binary over scripted answers, as JSON. */
export interface ShownTurn extends Ended {
  readonly last: Event;
  /** What the model was sent, a request each. */
  readonly requests: readonly RecordedRequest[];
  /** Outputs of tools as the model got them. */
  readonly results: readonly string[];
  readonly notices: readonly string[];
}

export interface TurnOptions {
  readonly wireApi?: (typeof wireApis)[number];
  readonly prompt?: string;
  readonly config?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export async function runTurn(
  sandbox: Sandbox,
  steps: readonly StepSource[],
  options: TurnOptions = {},
): Promise<ShownTurn> {
  await using server = await startResponsesServer({ steps });
  return await askServer(sandbox, server, options);
}

/** A turn over a server that answers more than one: a session goes on where it was begun. */
export async function askServer(
  sandbox: Sandbox,
  server: Pick<ResponsesServer, "url" | "requests">,
  options: TurnOptions = {},
): Promise<ShownTurn> {
  await sandbox.configure(`${configFor(server.url, options.wireApi)}${options.config ?? ""}`);
  const args = ["-z", options.prompt ?? "go", "--json", ...(options.args ?? [])];
  const ended = await sandbox.run(args, options.env ? { env: options.env } : {});
  const last = checkEvents(ended.stdout);
  const events = eventsOf(ended.stdout);
  return {
    ...ended,
    last,
    requests: server.requests,
    results: events
      .filter(({ type, item }) => type === "item.completed" && item?.type === "tool_result")
      .map(({ item }) => item?.output ?? ""),
    notices: events.filter(({ type }) => type === "notice").map((event) => String(event["text"])),
  };
}

/** The last paragraph of the last message in a request: what the loop said to the model before this step. */
export function lastSaid(request: RecordedRequest | undefined): string {
  const body = isJsonObject(request?.body) ? request.body : {};
  const items = body["input"] ?? body["messages"];
  const last: Json | undefined = Array.isArray(items) ? items.at(-1) : undefined;
  const content = isJsonObject(last) ? last["content"] : undefined;
  if (typeof content === "string") return content.split("\n\n").at(-1) ?? "";
  const [part] = Array.isArray(content) ? content : [];
  const text = isJsonObject(part) ? part["text"] : undefined;
  return typeof text === "string" ? text : JSON.stringify(last);
}

/** A field of the bodies of the requests. */
export function fieldsOf(requests: readonly RecordedRequest[], name: string): readonly unknown[] {
  return requests.map(({ body }) => (isJsonObject(body) ? body[name] : undefined));
}
