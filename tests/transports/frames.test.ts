import { expect, test } from "bun:test";
import fc from "fast-check";
import { HermesError, type HermesErrorOptions } from "../../src/core/errors.ts";
import { type Frame, readBody, readFrames } from "../../src/transports/frames.ts";
import { openAnswer } from "../fakes/fetch.ts";
import { completed, created, doneFrame, message, sse } from "../fakes/sse.ts";

const { signal } = new AbortController();
const url = "https://api.acme.test/v1/responses";

function answer(body: string | readonly Uint8Array[], contentType?: string): Response {
  const headers = contentType === undefined ? {} : { "content-type": contentType };
  if (typeof body === "string") return new Response(new TextEncoder().encode(body), { headers });
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of body) controller.enqueue(chunk);
      controller.close();
    },
  });
  return new Response(stream, { headers });
}

async function framesOf(response: Response): Promise<readonly Frame[]> {
  return Array.fromAsync(readFrames(response, { url, signal }));
}

function failureOf(response: Response): Promise<unknown> {
  return framesOf(response).catch((error: unknown) => error);
}

function invalid(told: string, options: HermesErrorOptions): HermesError {
  return new HermesError("stream/invalid", told, options);
}

const sseType = "text/event-stream; charset=utf-8";
const checkAddress = { hint: "check the address: hermes config set model.base_url URL" };

test("readFrames() reads events, signs of life and the sentinel", async () => {
  const text = `: hello\n\nevent: a\ndata: {"x":1}\n\ndata: {"y":2}\n\n${doneFrame}`;
  expect(await framesOf(answer(text, sseType))).toEqual([
    { kind: "alive" },
    { kind: "event", name: "a", data: { x: 1 } },
    { kind: "event", name: "", data: { y: 2 } },
    { kind: "done" },
  ]);
});

test("readFrames() reads a stream whatever its content type says", async () => {
  for (const type of ["application/json", "text/plain", "text/html", undefined]) {
    expect(await framesOf(answer('data: {"x":1}\n\n', type))).toEqual([
      { kind: "event", name: "", data: { x: 1 } },
    ]);
  }
});

test("readFrames() reads an answer that is one JSON object, also behind blanks and a byte order mark", async () => {
  for (const text of ['{"a":"é"}', '\n \n{"a":"é"}', '\uFEFF{"a":"é"}\n']) {
    const bytes = Array.from(new TextEncoder().encode(text), (byte) => Uint8Array.of(byte));
    expect(await framesOf(answer(bytes, sseType))).toEqual([{ kind: "whole", body: { a: "é" } }]);
  }
});

test("readFrames() tells a page from an answer by name, address and content type", async () => {
  const page = "<!DOCTYPE html><html><head><title>Sign in</title></head></html>";
  expect(await failureOf(answer(page, "text/html"))).toEqual(
    invalid(`Expected an event stream from ${url}, got text/html: Sign in`, checkAddress),
  );
  expect(await failureOf(answer(page, sseType))).toEqual(
    invalid(`Expected an event stream from ${url}, got ${sseType}: Sign in`, checkAddress),
  );
});

test("readFrames() refuses text, broken JSON and JSON that is no object", async () => {
  const told = (body: string): string =>
    `Expected an event stream from ${url}, got text/plain: ${body}`;
  for (const body of ["Not found", '{"a":', "[1]"]) {
    expect(await failureOf(answer(body, "text/plain"))).toEqual(
      invalid(told(body), { retryable: true }),
    );
  }
  const long = "x".repeat(200);
  expect(await failureOf(answer(long, "text/plain"))).toEqual(
    invalid(told(`${"x".repeat(80)}...`), { retryable: true }),
  );
});

test("readFrames() refuses an event that is no JSON", async () => {
  expect(await failureOf(answer("data: {oops\n\n", sseType))).toEqual(
    invalid(`Event that is no JSON in the answer of ${url}: {oops`, { retryable: true }),
  );
});

test("readFrames() passes over events that are JSON but no objects", async () => {
  expect(await framesOf(answer("data: 1\n\ndata: null\n\ndata: []\n\n", sseType))).toEqual([]);
});

test("readFrames() drops half an event at the end, and keeps one that only lacks the blank line", async () => {
  const first: Frame = { kind: "event", name: "", data: { x: 1 } };
  expect(await framesOf(answer('data: {"x":1}\n\ndata: {"y', sseType))).toEqual([first]);
  expect(await framesOf(answer('data: {"x":1}', sseType))).toEqual([first]);
  expect(await framesOf(answer("data: [DONE]", sseType))).toEqual([{ kind: "done" }]);
});

test("readFrames() finds nothing in an empty body", async () => {
  expect(await framesOf(answer("", sseType))).toEqual([]);
  expect(await framesOf(new Response(null))).toEqual([]);
});

test("readFrames() gives the connection back when its reader leaves", async () => {
  const open = openAnswer();
  open.write('data: {"x":1}\n\n');
  for await (const frame of readFrames(open.response, { url, signal })) {
    expect(frame.kind).toBe("event");
    break;
  }
  expect(open.isCancelled()).toBe(true);
});

test("readFrames() gives up a body that ignores the signal of its request", async () => {
  const open = openAnswer();
  const request = new AbortController();
  const frames = readFrames(open.response, { url, signal: request.signal }).next();
  request.abort();
  expect(await frames).toEqual({ done: true, value: undefined });
  expect(open.isCancelled()).toBe(true);
});

test("readFrames() throws what the connection fails with", async () => {
  const open = openAnswer();
  const failure = new Error("reset");
  open.write('data: {"x":1}\n\n');
  const frames = readFrames(open.response, { url, signal });
  await frames.next();
  open.fail(failure);
  expect(await frames.next().catch((error: unknown) => error)).toBe(failure);
});

test("readFrames() gives the same frames for every chunking", async () => {
  const text = sse(created(), message(0, "Grüße, 世界 👋\u2028"), completed());
  const bytes = new TextEncoder().encode(text);
  const whole = await framesOf(answer(text, sseType));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 20 }), async (cuts) => {
      const bounds = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
      const chunks = bounds.slice(1).map((end, index) => bytes.subarray(bounds[index], end));
      expect(await framesOf(answer(chunks, sseType))).toEqual(whole);
    }),
    { seed: 20260102, numRuns: 60 },
  );
});

test("readBody() reads no more than it is asked for", async () => {
  expect(await readBody(answer("0123456789"), 100, signal)).toBe("0123456789");
  const chunks = Array.from({ length: 10 }, () => new TextEncoder().encode("0123456789"));
  expect((await readBody(answer(chunks), 25, signal)).length).toBe(25);
});
