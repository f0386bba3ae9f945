import { homedir, hostname, tmpdir } from "node:os";
import type { Host } from "../core/ports.ts";
import { version } from "./version.ts";

/** Facts of this machine and process; `program` starts the process again. */
export function readHost(program?: readonly string[]): Host {
  return {
    homeDirectory: homedir(),
    temporaryDirectory: tmpdir(),
    cwd: process.cwd(),
    operatingSystem: process.platform,
    architecture: process.arch,
    pid: process.pid,
    userId: process.getuid?.() ?? 0,
    hostName: hostname(),
    version,
    ...(program === undefined ? {} : { program }),
  };
}
