import { expect, test } from "bun:test";
import { HermesError } from "../../src/core/errors.ts";
import { StreamLog } from "../../src/transports/stream_log.ts";
import { createFakeClock } from "../fakes/clock.ts";

test("line() tells how far an answer got, and whom to ask about it", async () => {
  const clock = createFakeClock();
  const log = new StreamLog(clock);
  await clock.advance(400);
  const headers = { "x-request-id": "req_1", "cf-ray": "8c1d-FRA", "set-cookie": "secret" };
  log.noteAnswer(new Response(null, { headers }));
  log.noteBytes(3000);
  log.noteBytes(480);
  log.noteFrame({ kind: "alive" });
  log.noteFrame({ kind: "event", name: "response.created", data: {} });
  log.noteFrame({ kind: "event", name: "", data: { object: "chat.completion.chunk" } });
  await clock.advance(1700);
  expect(log.line()).toBe(
    "HTTP 200 after 0.4 s; 2 events, 3480 bytes in 2.1 s; last: chat.completion.chunk; x-request-id req_1, cf-ray 8c1d-FRA",
  );
});

test("line() tells that there was no answer", async () => {
  const clock = createFakeClock();
  const log = new StreamLog(clock);
  await clock.advance(120_000);
  expect(log.line()).toBe("no answer within 120.0 s");
});

test("line() repeats nothing that is no id and no name", () => {
  const log = new StreamLog(createFakeClock());
  log.noteAnswer(new Response(null, { headers: { "x-request-id": "Bearer sk-secret" } }));
  log.noteFrame({ kind: "event", name: "say hello to the user", data: { object: 7 } });
  log.noteFrame({ kind: "event", name: "", data: { type: "a secret of the user" } });
  expect(log.line()).toBe("HTTP 200 after 0.0 s; 2 events, 0 bytes in 0.0 s; last: an event");
});

test("explain() keeps the first detail of an error", () => {
  const error = new HermesError("network/timeout", "late");
  error.explain("first");
  expect(new StreamLog(createFakeClock()).explain(error)).toBe(error);
  expect(error.detail).toBe("first");
});
