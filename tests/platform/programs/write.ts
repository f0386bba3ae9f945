/**
 * Writes argv[2] bytes to stdout in argv[3] writes that are not awaited one by one, then ends at once with code 3, or 4
 * when the reader went away.
 */
import { createPorts } from "../../../src/platform/ports.ts";

const [size = 0, writes = 1] = process.argv.slice(2).map(Number);
const { stdout } = createPorts().terminal;
const part = "x".repeat(size / writes);
await Promise.all(Array.from({ length: writes }, () => stdout.write(part)));
process.exit(stdout.isClosed() ? 4 : 3);
