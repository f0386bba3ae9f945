import { readdir, readFile, readlink } from "node:fs/promises";
import { errnoOf } from "../core/errors.ts";
import type { ProcessTable } from "../core/ports.ts";

/** The processes of this machine, from /proc; where there is none (macOS) nothing is known of them. */
export const machineProcesses: ProcessTable = {
  name: () => readlink("/proc/self/ns/pid").catch(() => undefined),
  async startOf(pid) {
    const stat = await read(`/proc/${pid}/stat`);
    // The name before it may hold spaces and parentheses; the start time is field 22, the 20th behind the name.
    const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state] = fields ?? [];
    return state === "Z" ? undefined : fields?.[19];
  },
  async withVariable(name, value) {
    const names = await readdir("/proc").catch(() => []);
    const wanted = `${name}=${value}`;
    const pids = names.filter((entry) => /^[1-9]\d*$/.test(entry));
    const held = await Promise.all(
      pids.map(async (pid) => (await read(`/proc/${pid}/environ`))?.split("\0").includes(wanted)),
    );
    return pids.filter((_pid, index) => held[index] === true).map(Number);
  },
  kill(pid) {
    try {
      return process.kill(pid, "SIGKILL");
    } catch (error) {
      if (errnoOf(error) === "ESRCH") return false;
      throw error;
    }
  },
};

/** Undefined for what is gone, or somebody else's. */
async function read(path: string): Promise<string | undefined> {
  return await readFile(path, "latin1").catch(() => undefined);
}
