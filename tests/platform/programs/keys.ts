/** Shows the keys that are typed, as JSON, and the width after a resize, until `q`; `z` stops it; then reads a cooked line. */
import { createPorts } from "../../../src/platform/ports.ts";

const { terminal } = createPorts();
const abort = new AbortController();
using _ = terminal.onResize(() => {
  void terminal.stdout.write(`width ${terminal.stdout.columns() ?? 0}\r\n`);
});
await terminal.stdout.write("ready\r\n");
for await (const key of terminal.keys(abort.signal)) {
  await terminal.stdout.write(`key ${JSON.stringify(key)}\r\n`);
  if (key === "q") break;
  if (key !== "z") continue;
  await terminal.suspend();
  await terminal.stdout.write("continued\r\n");
}
await terminal.stdout.write("cooked\n");
process.exitCode = 5;
