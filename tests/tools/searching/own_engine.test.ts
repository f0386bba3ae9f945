import { describe, expect, test } from "bun:test";
import type { Clock } from "../../../src/core/ports.ts";
import { createOwnEngine } from "../../../src/tools/searching/own_engine.ts";
import { createFakeClock } from "../../fakes/clock.ts";
import { createFakeFiles } from "../../fakes/files.ts";

const never = new AbortController().signal;
const request = { root: "/project", pattern: "needle", signal: never };

describe("the own engine", () => {
  test("passes over what fails to be listed or read, and gives what was found before", async () => {
    const files = createFakeFiles({
      "/project/a": "needle",
      "/project/b": "needle",
      "/project/c/x": "needle",
      "/project/d": "needle",
      "/project/e": "needle",
    });
    files.fail("readChunks", "/project/b", "EACCES");
    files.fail("list", "/project/c", "EACCES");
    files.fail("stat", "/project/d", "EIO");
    files.fail("readChunks", "/project/e", "ENOENT");
    const engine = createOwnEngine({ files, clock: createFakeClock() });
    expect(await Array.fromAsync(engine.matches(request))).toEqual([
      { path: "/project/a", line: 1, content: "needle" },
    ]);
    expect(await Array.fromAsync(engine.files(request))).toEqual([
      "/project/a",
      "/project/b",
      "/project/d",
      "/project/e",
    ]);
  });

  test("reads an unreadable .gitignore as an empty one", async () => {
    const files = createFakeFiles({ "/project/.gitignore": "*", "/project/a": "needle" });
    files.directory("/project/.git");
    const engine = createOwnEngine({ files, clock: createFakeClock() });
    expect(await Array.fromAsync(engine.files(request))).toEqual([]);
    files.fail("readText", "/project/.gitignore", "EIO");
    expect(await Array.fromAsync(engine.files(request))).toEqual(["/project/a"]);
  });

  test("is ignorant of links and devices", async () => {
    const files = createFakeFiles({ "/elsewhere/x": "needle" });
    files.link("/project/link", "/elsewhere/x");
    files.link("/project/directory", "/elsewhere");
    files.device("/project/device");
    const engine = createOwnEngine({ files, clock: createFakeClock() });
    expect(await Array.fromAsync(engine.files(request))).toEqual([]);
    expect(await Array.fromAsync(engine.matches({ ...request, root: "/project/link" }))).toEqual([
      { path: "/project/link", line: 1, content: "needle" },
    ]);
  });

  test("lets others work every few milliseconds", async () => {
    const files = createFakeFiles({ "/project/a": "x\n".repeat(1_000) });
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
