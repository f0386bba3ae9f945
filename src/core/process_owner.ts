import { isJsonObject, parseJson } from "./json.ts";
import type { Host, ProcessTable } from "./ports.ts";

/** Notes of which process works on something, for others to see whether it still can. */
export interface ProcessOwners {
  /** This process; undefined where the system does not show it. */
  own(): Promise<string | undefined>;
  /** Whether the process is known to be gone. Nothing is known of one of another machine or container. */
  isGone(owner: string): Promise<boolean>;
}

/** Owners as the process table shows them: its name, the number and the start, since numbers are used again. */
export function createProcessOwners(
  processes: Pick<ProcessTable, "name" | "startOf">,
  host: Pick<Host, "hostName" | "pid">,
): ProcessOwners {
  const self = async () => {
    const [table, start] = await Promise.all([processes.name(), processes.startOf(host.pid)]);
    if (table === undefined || start === undefined) return undefined;
    return { host: host.hostName, table, pid: host.pid, start };
  };
  return {
    async own() {
      const noted = await self();
      return noted && JSON.stringify(noted);
    },
    async isGone(owner) {
      const noted = parseJson(owner);
      if (!isJsonObject(noted) || typeof noted["pid"] !== "number") return false;
      const start = await processes.startOf(noted["pid"]);
      // Looked at last: where it is not shown either, the other one may as well be there.
      const here = await self();
      const isOfHere = noted["host"] === here?.host && noted["table"] === here?.table;
      return here !== undefined && isOfHere && start !== noted["start"];
    },
  };
}
