/**
 * Starts a child that ends at once and leaves another one behind, which ignores signals and keeps the named pipe of the
 * argument open; leaves without waiting for it.
 */
import { createSpawner } from "../../../src/platform/spawner.ts";

const child = await createSpawner({}).spawn({
  program: "/bin/sh",
  arguments: [
    "-c",
    'trap "" TERM INT HUP; exec 3>"$1"; sleep 60 >/dev/null 2>&1 &',
    "sh",
    process.argv[2] ?? "",
  ],
  cwd: "/",
  env: { PATH: process.env["PATH"] ?? "" },
  stdin: "null",
});
await child.exited;
process.exit(3);
