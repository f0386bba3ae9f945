import { expect, test } from "bun:test";
import { resetMemory } from "../../../src/tools/memory/reset_memory.ts";
import { createFakeClock } from "../../fakes/clock.ts";
import { createFakeFiles } from "../../fakes/files.ts";

const directory = "/home/memories";
const path = `${directory}/USER.md`;

test("resetMemory() empties a file after it was copied, whatever is in it", async () => {
  // Neither text nor entries.
  const files = createFakeFiles({ [path]: "§\n§\n\u0000", [`${directory}/MEMORY.md`]: "notes" });
  const deps = { files, clock: createFakeClock(7) };
  const copy = `${path}.bak.7`;
  expect(await resetMemory(deps, directory, "user")).toEqual({ target: "user", copy });
  expect([files.text(path), files.text(copy), files.text(`${directory}/MEMORY.md`)]).toEqual([
    "",
    "§\n§\n\u0000",
    "notes",
  ]);
  expect([files.modeOf(path), files.modeOf(copy)]).toEqual([0o600, 0o600]);
});

test("resetMemory() has nothing to do where nothing is", async () => {
  const files = createFakeFiles({ [path]: "" });
  const deps = { files, clock: createFakeClock() };
  expect(await resetMemory(deps, directory, "user")).toBeUndefined();
  expect(await resetMemory(deps, directory, "memory")).toBeUndefined();
});

test("resetMemory() forgets nothing that it could not copy", async () => {
  const files = createFakeFiles({ [path]: "Anna" });
  files.fail("replaceFile", directory, "ENOSPC");
  const deps = { files, clock: createFakeClock() };
  expect(await resetMemory(deps, directory, "user").catch(String)).toContain("ENOSPC");
  expect(files.text(path)).toBe("Anna");
});
