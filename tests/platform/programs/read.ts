/**
 * Reads stdin to its end, or until a signal aborts argv[2] milliseconds later, and prints the number of bytes. Ends
 * when nothing keeps it alive.
 */
import { createPorts } from "../../../src/platform/ports.ts";

const patienceMs = Number(process.argv[2] ?? "60000");
const { clock, terminal } = createPorts();
const abort = new AbortController();
const done = new AbortController();
const giveUp = clock.sleep(patienceMs, done.signal).then(
  () => abort.abort("gave up"),
  () => undefined,
);
let count = 0;
let outcome = "end";
try {
  for await (const chunk of terminal.stdin.chunks(abort.signal)) count += chunk.length;
} catch (error) {
  outcome = String(error);
}
done.abort();
await giveUp;
await terminal.stdout.write(`${count} ${outcome}\n`);
process.exitCode = 3;
