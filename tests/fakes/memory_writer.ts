/** A process that adds entries to a memory: `memory_writer.ts DIRECTORY NAME COUNT`. */
import { systemClock } from "../../src/platform/clock.ts";
import { machineFiles } from "../../src/platform/files.ts";
import { createMemoryFiles } from "../../src/tools/memory/memory_files.ts";

const [, , directory = "", name = "", count = "0"] = process.argv;
const memory = createMemoryFiles(
  { files: machineFiles, clock: systemClock, redact: (text) => text },
  { directory, limits: { memory: 100_000 } },
);
for (let index = 0; index < Number(count); index++) {
  const changed = await memory.change("memory", { action: "add", content: `${name} ${index}` });
  if (changed.kind !== "changed") throw new Error(changed.error);
}
