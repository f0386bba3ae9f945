import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** Time that the last of them have to be gone, in ms. */
const patienceMs = 5_000;

/**
 * Processes whose environment names a home, when they had time to end: `4711 sleep 20`. Linux tells what the environment
 * of a process was when it began (proc(5)); elsewhere there are none.
 */
export async function processesOf(home: string): Promise<readonly string[]> {
  const givesUpAt = performance.now() + patienceMs;
  for (;;) {
    const found = await look(home);
    if (found.length === 0 || performance.now() > givesUpAt) return found;
    await sleep(100);
  }
}

async function look(home: string): Promise<readonly string[]> {
  const names = await readdir("/proc").catch(() => []);
  const found: string[] = [];
  for (const pid of names.filter((name) => /^\d+$/.test(name))) {
    const read = (file: string): Promise<string> =>
      readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
    const isOfHome = (await read("environ")).split("\0").includes(`HERMES_HOME=${home}`);
    if (isOfHome) found.push(`${pid} ${(await read("cmdline")).replaceAll("\0", " ").trim()}`);
  }
  return found;
}
