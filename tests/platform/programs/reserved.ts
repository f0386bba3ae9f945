/** Prints in every way that a library might after stdout was reserved; and one line through the port. */
import { openTerminal } from "../../../src/platform/terminal.ts";

const terminal = openTerminal();
terminal.reserveStdout();
console.log("log");
console.info("info");
console.debug("debug");
console.table([{ a: 1 }]);
process.stdout.write("stream\n");
await terminal.stdout.write("the protocol\n");
await terminal.stderr.write("told\n");
process.exit();
