/** Reads a line of a terminal, up to a signal, then one key, then a line again. Ends when nothing keeps it alive. */
import { createPorts } from "../../../src/platform/ports.ts";

const { terminal } = createPorts();

async function line(): Promise<void> {
  const abort = new AbortController();
  await terminal.stdout.write("line?\n");
  try {
    for await (const chunk of terminal.stdin.chunks(abort.signal)) {
      await terminal.stdout.write(`line ${JSON.stringify(new TextDecoder().decode(chunk))}\n`);
      abort.abort("enough");
    }
    await terminal.stdout.write("end\n");
  } catch (reason) {
    await terminal.stdout.write(`${String(reason)}\n`);
  }
}

await line();
await terminal.stdout.write("key?\n");
for await (const key of terminal.keys(new AbortController().signal)) {
  await terminal.stdout.write(`key ${JSON.stringify(key)}\r\n`);
  break;
}
await line();
process.exitCode = 5;
