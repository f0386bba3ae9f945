import { expect, test } from "bun:test";
import fc from "fast-check";
import { HermesError } from "../../src/core/errors.ts";
import { createSseParser, type SseMessage } from "../../src/wire/sse.ts";

const encoder = new TextEncoder();

function parse(chunks: readonly (string | Uint8Array)[]): readonly SseMessage[] {
  const parser = createSseParser();
  return [
    ...chunks.flatMap((chunk) =>
      parser.push(typeof chunk === "string" ? encoder.encode(chunk) : chunk),
    ),
    ...parser.end(),
  ];
}

function message(data: string, event = ""): SseMessage {
  return { kind: "message", event, data };
}

const alive: SseMessage = { kind: "alive" };

test.each([
  ["LF", "event: a\ndata: 1\n\ndata: 2\n\n"],
  ["CRLF", "event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n"],
  ["CR", "event: a\rdata: 1\r\rdata: 2\r\r"],
  ["mixed", "event: a\r\ndata: 1\r\n\ndata: 2\r\r\n"],
])("push() ends lines at %s", (_name, text) => {
  expect(parse([text])).toEqual([message("1", "a"), message("2")]);
});

test("push() does not end lines at other separators of Unicode", () => {
  expect(parse(["data: a\u2028b\u2029c\u0085d\u000be\n\n"])).toEqual([
    message("a\u2028b\u2029c\u0085d\u000be"),
  ]);
});

test("push() joins the data lines of a message and forgets them after it", () => {
  expect(parse(["data: 1\ndata:2\ndata:  3\n\ndata: 4\n\n"])).toEqual([
    message("1\n2\n 3"),
    message("4"),
  ]);
});

test("push() ignores ids, retries, unknown fields and fields without a colon", () => {
  expect(parse(["id: 7\nretry: 10\nfoo: bar\nnonsense\ndata: 1\n\n"])).toEqual([message("1")]);
});

test("push() takes comments and messages without data as signs of life", () => {
  expect(parse([": processing\n\nevent: ping\n\ndata\n\ndata: \n\ndata: 1\n\n"])).toEqual([
    alive,
    alive,
    alive,
    alive,
    message("1"),
  ]);
});

test("push() drops a byte order mark at the beginning only", () => {
  expect(parse(["\uFEFFdata: 1\n\ndata: \uFEFF2\n\n"])).toEqual([message("1"), message("\uFEFF2")]);
});

test("push() replaces malformed UTF-8", () => {
  const bytes = Uint8Array.from([...encoder.encode("data: a"), 0xff, ...encoder.encode("b\n\n")]);
  expect(parse([bytes])).toEqual([message("a\uFFFDb")]);
});

test("end() marks the message that the end cut off", () => {
  expect(parse(['data: {"a":1}\n\ndata: {"b'])).toEqual([
    message('{"a":1}'),
    { kind: "message", event: "", data: '{"b', isCut: true },
  ]);
  expect(parse(["event: x\ndata: 1\n"])).toEqual([
    { kind: "message", event: "x", data: "1", isCut: true },
  ]);
});

test("end() finds nothing after a whole message, in half a field name, and in an empty stream", () => {
  expect(parse(["data: 1\n\n"])).toEqual([message("1")]);
  expect(parse(["data: 1\n\nda"])).toEqual([message("1")]);
  expect(parse([])).toEqual([]);
});

test("push() refuses a message that has no end, in one line or in many", () => {
  for (const text of ["data: 12345678901", "data: 12345\ndata: 67890\n"]) {
    const parser = createSseParser(10);
    expect(() => parser.push(encoder.encode(text))).toThrow(
      new HermesError(
        "stream/invalid",
        "Message of an event stream is longer than the limit of 10 characters",
      ),
    );
  }
});

test("push() takes a long stream of short messages", () => {
  const parser = createSseParser(10);
  for (let count = 0; count < 100; count++) {
    expect(parser.push(encoder.encode("data: 123\n\n"))).toEqual([message("123")]);
  }
});

const line = fc.oneof(
  fc.constantFrom("", ":", ": c", "data", "data:", "event: e", "data: \u2028", "data: 😀é"),
  fc.string({ unit: "grapheme", maxLength: 8 }).map((text) => `data: ${text}`),
);
const ending = fc.constantFrom("\n", "\r\n", "\r");

test("push() gives the same messages for every chunking of the bytes", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(line, ending), { maxLength: 24 }),
      fc.array(fc.nat(), { maxLength: 12 }),
      (lines, cuts) => {
        const bytes = encoder.encode(lines.flat().join(""));
        const at = cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b);
        const bounds = [0, ...at, bytes.length];
        const chunks = bounds.slice(1).map((end, index) => bytes.subarray(bounds[index], end));
        expect(parse(chunks)).toEqual(parse([bytes]));
        expect(parse(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(parse([bytes]));
      },
    ),
    { seed: 20260101, numRuns: 300 },
  );
});
