import { expect, test } from "bun:test";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseEntries } from "../../../src/tools/memory/entries.ts";
import { useTemporaryDirectory } from "../../fakes/file_tools.ts";

const directory = useTemporaryDirectory();

test("several processes that add at once lose nothing", async () => {
  const writer = join(import.meta.dir, "..", "..", "fakes", "memory_writer.ts");
  const home = directory.at("memories");
  const names = ["a", "b", "c", "d"];
  const count = 12;
  const codes = await Promise.all(
    names.map((name) => Bun.spawn([process.execPath, writer, home, name, String(count)]).exited),
  );
  expect(codes).toEqual([0, 0, 0, 0]);
  const entries = parseEntries(await readFile(join(home, "MEMORY.md"), "utf8"));
  const all = names.flatMap((name) => Array.from({ length: count }, (_, at) => `${name} ${at}`));
  expect(entries.toSorted()).toEqual(all.toSorted());
  // Each in the order in which its process wrote.
  for (const name of names) {
    const own = entries.filter((entry) => entry.startsWith(`${name} `));
    expect(own).toEqual(Array.from({ length: count }, (_, at) => `${name} ${at}`));
  }
  expect((await readdir(home)).toSorted()).toEqual(["MEMORY.md", "MEMORY.md.lock"]);
  const modes = await Promise.all(
    [home, join(home, "MEMORY.md"), join(home, "MEMORY.md.lock")].map(async (path) => {
      return ((await stat(path)).mode & 0o777).toString(8);
    }),
  );
  expect(modes).toEqual(["700", "600", "600"]);
});
