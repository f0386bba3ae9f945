/** A model endpoint that answers at once: the floor below which no client can be measured. */

export interface ModelServer extends AsyncDisposable {
  readonly baseUrl: string;
  /** `performance.now()` of each request since the last `reset`. */
  readonly requestTimes: readonly number[];
  /** Forgets the requests; each of the next `calls` steps asks for a tool, the one after answers with text. */
  reset(calls: number, command?: string): void;
}

/** The shell tool of each client, with the name of its argument. */
const shellTools = [
  { tool: "terminal", argument: "command" },
  { tool: "exec_command", argument: "cmd" },
] as const;

export function startModelServer(): ModelServer {
  let requestTimes: number[] = [];
  let callsLeft = 0;
  /** Of no weight, where nothing else is asked for. */
  let command = "true";
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      if (!request.url.endsWith("/responses")) return new Response("{}", { status: 404 });
      requestTimes.push(performance.now());
      const body = await request.text();
      const step = requestTimes.length;
      const shell = shellTools.find(({ tool }) => body.includes(`"${tool}"`));
      const output =
        callsLeft-- > 0 && shell
          ? {
              type: "function_call",
              id: `fc_${step}`,
              call_id: `call_${step}`,
              status: "completed",
              name: shell.tool,
              arguments: JSON.stringify({ [shell.argument]: command }),
            }
          : {
              type: "message",
              id: `msg_${step}`,
              role: "assistant",
              status: "completed",
              content: [{ type: "output_text", text: "Done.", annotations: [] }],
            };
      return new Response(answer(`resp_${step}`, output), {
        headers: { "content-type": "text/event-stream" },
      });
    },
  });
  return {
    baseUrl: `http://127.0.0.1:${server.port}/v1`,
    get requestTimes() {
      return requestTimes;
    },
    reset(calls, wanted = "true") {
      requestTimes = [];
      command = wanted;
      callsLeft = calls;
    },
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

function answer(id: string, item: { readonly type: string; readonly id: string }): string {
  const usage = {
    input_tokens: 10,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 5,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 15,
  };
  const delta = {
    type: "response.output_text.delta",
    item_id: item.id,
    output_index: 0,
    content_index: 0,
    delta: "Done.",
  };
  const events = [
    { type: "response.created", response: { id, status: "in_progress", output: [] } },
    { type: "response.output_item.added", output_index: 0, item },
    ...(item.type === "message" ? [delta] : []),
    { type: "response.output_item.done", output_index: 0, item },
    { type: "response.completed", response: { id, status: "completed", output: [item], usage } },
  ];
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}
