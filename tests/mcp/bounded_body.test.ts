import { expect, test } from "bun:test";
import { boundedBody } from "../../src/mcp/bounded_body.ts";

const mebibyte = 1_048_576;

/** A body in chunks; `taken` counts those that were asked for. */
function answer(type: string, chunk: string, count: number) {
  const bytes = new TextEncoder().encode(chunk);
  const seen = { taken: 0, isCancelled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (seen.taken++ < count) controller.enqueue(bytes);
        else controller.close();
      },
      cancel() {
        seen.isCancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  const headers = { "content-type": type, "x-of": "server" };
  return { response: new Response(body, { status: 201, headers }), seen };
}

const half = "x".repeat(mebibyte / 2);

test("a body within the limit comes as it is, with its status and headers", async () => {
  const { response } = answer("application/json", half, 2);
  const bounded = boundedBody(response, mebibyte);
  expect([bounded.status, bounded.headers.get("x-of")]).toEqual([201, "server"]);
  expect(await bounded.text()).toBe(half + half);
});

test.each([
  ["application/json", half],
  ["text/event-stream", half],
  ["text/event-stream; charset=utf-8", `data: ${half}\n`],
])("a message without end fails and is read no further: %s", async (type, chunk) => {
  const { response, seen } = answer(type, chunk, 1_000);
  const failure = await boundedBody(response, mebibyte)
    .text()
    .catch((error: unknown) => error);
  expect(failure).toEqual(new Error("it sent a message of more than 1 MB"));
  expect(seen.taken).toBeLessThan(10);
  expect(seen.isCancelled).toBe(true);
});

test.each(["\n\n", "\r\n\r\n", "\r\r"])("events are counted one by one: %j", async (end) => {
  const { response } = answer("text/event-stream", `data: ${half}${end}`, 10);
  expect(await boundedBody(response, mebibyte).text()).toBe(`data: ${half}${end}`.repeat(10));
});

test("an answer without a body stays one", () => {
  const response = new Response(null, { status: 202 });
  expect(boundedBody(response, 1)).toBe(response);
});
