import { fstatSync, statSync, type Stats } from "node:fs";
import { errnoOf } from "../core/errors.ts";
import type { InputStream } from "../core/ports.ts";

/** What a standard descriptor of this process is; `null` for `/dev/null` and for one that is closed. */
export function descriptorKind(fd: number): InputStream["kind"] {
  let stats: Stats;
  try {
    stats = fstatSync(fd);
  } catch (error) {
    if (errnoOf(error) === "EBADF") return "null";
    throw error;
  }
  if (stats.isFile() || stats.isBlockDevice()) return "file";
  if (stats.isFIFO() || stats.isSocket()) return "pipe";
  if (!stats.isCharacterDevice() || stats.rdev === nullDevice()) return "null";
  // node:tty costs 2 ms at the start, and only a character device can be a terminal.
  return process.getBuiltinModule("node:tty").isatty(fd) ? "tty" : "pipe";
}

function nullDevice(): number | undefined {
  return statSync("/dev/null", { throwIfNoEntry: false })?.rdev;
}
