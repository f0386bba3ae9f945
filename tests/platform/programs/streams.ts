/** Prints what the standard streams are, on stderr. */
import { createPorts } from "../../../src/platform/ports.ts";

const { stdin, stdout, stderr } = createPorts().terminal;
const report = {
  stdin: stdin.kind,
  stdout: stdout.isTty,
  stderr: stderr.isTty,
  columns: stderr.columns() ?? null,
};
await stderr.write(`${JSON.stringify(report)}\n`);
