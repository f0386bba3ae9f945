import type { Host, Spawner } from "../core/ports.ts";
import { runVariable } from "./run_records.ts";

/**
 * Waits on its stdin. A line: everything was ended in good order. The end without one: hermes is dead, and what codex does
 * not end by itself within a second (a command that was just starting) is ended here, by the variable in its environment.
 */
const script = `
read -r _ && exit 0
for _ in 1 2 3; do
  sleep 1
  for file in $(grep -laF "$1" /proc/[0-9]*/environ 2>/dev/null); do
    pid=\${file#/proc/}
    kill -9 "\${pid%/environ}" 2>/dev/null
  done
done`;

/**
 * Starts what cleans up after a hermes that was killed outright. It works where /proc shows environments; elsewhere the
 * next start of hermes sweeps. Resolves with what sends it away.
 */
export async function startGuard(
  { spawner, host }: { readonly spawner: Spawner; readonly host: Pick<Host, "operatingSystem"> },
  marker: string,
): Promise<() => void> {
  const nobody = (): void => undefined;
  if (host.operatingSystem !== "linux") return nobody;
  const guard = await spawner
    .spawn({
      program: "/bin/sh",
      arguments: ["-c", script, "sh", `${runVariable}=${marker}`],
      cwd: "/",
      // Without the variable: it must not find itself.
      env: { PATH: "/usr/local/bin:/usr/bin:/bin" },
      stdin: "pipe",
      outlivesUs: true,
    })
    .catch(() => undefined);
  if (!guard) return nobody;
  return () => {
    guard.write("\n").then(
      () => guard.abandon(),
      () => guard.abandon(),
    );
  };
}
