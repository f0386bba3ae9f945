import { describe, expect, test } from "bun:test";
import type { Clock } from "../../../src/core/ports.ts";
import { createOwnEngine } from "../../../src/tools/searching/own_engine.ts";
import { createFakeClock } from "../../fakes/clock.ts";
import { createFakeFiles } from "../../fakes/files.ts";

const never = new AbortController().signal;
const request = { root: "/work", pattern: "needle", signal: never };

describe("the own engine", () => {
  test("passes over what fails to be listed or read, and gives what was found before", async () => {
    const files = createFakeFiles({
      "/work/a": "needle",
      "/work/b": "needle",
      "/work/c/x": "needle",
      "/work/d": "needle",
      "/work/e": "needle",
    });
    files.fail("readChunks", "/work/b", "EACCES");
    files.fail("list", "/work/c", "EACCES");
    files.fail("stat", "/work/d", "EIO");
    files.fail("readChunks", "/work/e", "ENOENT");
    const engine = createOwnEngine({ files, clock: createFakeClock() });
    expect(await Array.fromAsync(engine.matches(request))).toEqual([
      { path: "/work/a", line: 1, content: "needle" },
    ]);
    expect(await Array.fromAsync(engine.files(request))).toEqual([
      "/work/a",
      "/work/b",
      "/work/d",
      "/work/e",
    ]);
  });

  test("reads an unreadable .gitignore as an empty one", async () => {
    const files = createFakeFiles({ "/work/.gitignore": "*", "/work/a": "needle" });
    files.directory("/work/.git");
    const engine = createOwnEngine({ files, clock: createFakeClock() });
    expect(await Array.fromAsync(engine.files(request))).toEqual([]);
    files.fail("readText", "/work/.gitignore", "EIO");
    expect(await Array.fromAsync(engine.files(request))).toEqual(["/work/a"]);
  });

  test("is ignorant of links and devices", async () => {
    const files = createFakeFiles({ "/elsewhere/x": "needle" });
    files.link("/work/link", "/elsewhere/x");
    files.link("/work/directory", "/elsewhere");
    files.device("/work/device");
    const engine = createOwnEngine({ files, clock: createFakeClock() });
    expect(await Array.fromAsync(engine.files(request))).toEqual([]);
    expect(await Array.fromAsync(engine.matches({ ...request, root: "/work/link" }))).toEqual([
      { path: "/work/link", line: 1, content: "needle" },
    ]);
  });

  test("lets others work every few milliseconds", async () => {
    const files = createFakeFiles({ "/work/a": "x\n".repeat(1_000) });
    let now = 0;
    const slept: number[] = [];
    const clock: Pick<Clock, "monotonic" | "sleep"> = {
      monotonic: () => (now += 1),
      sleep: (ms) => Promise.resolve(void slept.push(ms)),
    };
    await Array.fromAsync(createOwnEngine({ files, clock }).matches(request));
    expect(slept.length).toBeGreaterThan(20);
    expect(new Set(slept)).toEqual(new Set([0]));
  });
});
