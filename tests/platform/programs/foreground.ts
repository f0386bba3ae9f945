/** Lends the terminal to a shell that reads a line, and prints how it ended. */
import { createPorts } from "../../../src/platform/ports.ts";

const { host, spawner, terminal } = createPorts();
const status = await spawner.runInForeground({
  program: "sh",
  arguments: ["-c", 'read -r line; echo "got $line from $NAME"; exit 3'],
  cwd: host.cwd,
  env: { PATH: process.env["PATH"] ?? "", NAME: "test" },
});
await terminal.stdout.write(`${JSON.stringify(status)}\n`);
