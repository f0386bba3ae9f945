/** Starts a child that ignores signals and keeps the named pipe of its argument open, and leaves without waiting for it. */
import { createSpawner } from "../../../src/platform/spawner.ts";

const child = await createSpawner({}).spawn({
  program: "/bin/sh",
  arguments: [
    "-c",
    'trap "" TERM INT HUP; exec 3>"$1"; echo ready; sleep 60',
    "sh",
    process.argv[2] ?? "",
  ],
  cwd: "/",
  env: { PATH: process.env["PATH"] ?? "" },
  stdin: "null",
});
for await (const _ of child.stdout) process.exit(3);
