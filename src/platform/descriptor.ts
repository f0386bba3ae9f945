import { fstatSync, statSync } from "node:fs";
import type { InputStream } from "../core/ports.ts";

/**
 * What a standard descriptor of this process is; `null` for `/dev/null`, which Bun and Deno also open in place of a
 * descriptor that was closed before the start.
 */
export function descriptorKind(fd: number): InputStream["kind"] {
  const stats = fstatSync(fd);
  if (stats.isFile() || stats.isBlockDevice()) return "file";
  if (stats.isFIFO() || stats.isSocket()) return "pipe";
  if (!stats.isCharacterDevice() || stats.rdev === nullDevice()) return "null";
  // node:tty costs 2 ms at the start, and only a character device can be a terminal.
  return process.getBuiltinModule("node:tty").isatty(fd) ? "tty" : "pipe";
}

function nullDevice(): number | undefined {
  return statSync("/dev/null", { throwIfNoEntry: false })?.rdev;
}
