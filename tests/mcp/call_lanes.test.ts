import { expect, test } from "bun:test";
import { CallLanes } from "../../src/mcp/call_lanes.ts";
import { thrown } from "../fakes/thrown.ts";

const signal = new AbortController().signal;

/** Work that ends when it is told to, and notes what it did. */
function work(notes: string[], name: string) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const run = async (): Promise<string> => {
    notes.push(`${name} begins`);
    await promise;
    notes.push(`${name} ends`);
    return name;
  };
  return { run, end: resolve };
}

test("calls that change something run one at a time, in their order", async () => {
  const lanes = new CallLanes();
  const notes: string[] = [];
  const [a, b] = [work(notes, "a"), work(notes, "b")];
  const first = lanes.run({ mode: "exclusive" }, a.run, signal);
  const second = lanes.run({ mode: "write", paths: ["/x"] }, b.run, signal);
  b.end();
  a.end();
  expect(await Promise.all([first, second])).toEqual(["a", "b"]);
  expect(notes).toEqual(["a begins", "a ends", "b begins", "b ends"]);
});

test("calls that only look wait for nobody, up to 64 of them", async () => {
  const lanes = new CallLanes();
  const notes: string[] = [];
  const blocker = work(notes, "writer");
  const writer = lanes.run({ mode: "exclusive" }, blocker.run, signal);
  const looks = Array.from({ length: 65 }, (_, index) => work(notes, `look ${index}`));
  const runs = looks.map((look) => lanes.run({ mode: "shared" }, look.run, signal));
  await Promise.resolve();
  expect(notes.length).toBe(65);
  expect(notes).not.toContain("look 64 begins");
  looks[3]?.end();
  await runs[3];
  looks[64]?.end();
  await runs[64];
  for (const look of looks) look.end();
  await Promise.all(runs);
  blocker.end();
  expect(await writer).toBe("writer");
});

test("who is cancelled while waiting never runs, and holds nobody up", async () => {
  const lanes = new CallLanes();
  const notes: string[] = [];
  const [a, b, c] = [work(notes, "a"), work(notes, "b"), work(notes, "c")];
  const first = lanes.run({ mode: "exclusive" }, a.run, signal);
  const cancel = new AbortController();
  const second = thrown(() => lanes.run({ mode: "exclusive" }, b.run, cancel.signal));
  const third = lanes.run({ mode: "exclusive" }, c.run, signal);
  cancel.abort();
  expect((await second).code).toBe("turn/interrupted");
  a.end();
  c.end();
  await Promise.all([first, third]);
  expect(notes).toEqual(["a begins", "a ends", "c begins", "c ends"]);
});

test("a failure lets the next one in", async () => {
  const lanes = new CallLanes();
  const fails = lanes.run({ mode: "exclusive" }, () => Promise.reject(new Error("no")), signal);
  const next = lanes.run({ mode: "exclusive" }, () => Promise.resolve("yes"), signal);
  expect(await fails.catch((error: unknown) => String(error))).toBe("Error: no");
  expect(await next).toBe("yes");
});
