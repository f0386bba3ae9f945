import type { Ports } from "../../../core/ports.ts";
import { withoutLine } from "./crontab_line.ts";
import type { ServiceKind } from "./install_options.ts";
import { readCrontab, writeCrontab } from "./service_programs.ts";
import { findUnits, takeAway } from "./user_units.ts";

/** Something that `install` wrote for this home. */
export interface Installed {
  /** What goes, for people. */
  readonly shown: string;
  remove(): Promise<void>;
}

/** What is there of a kind; of every kind where none is named. @throws {HermesError} `program/missing`, `file/unreadable` */
export async function findInstalled(
  ports: Ports,
  { kind, home }: { readonly kind: ServiceKind | undefined; readonly home: string },
  signal: AbortSignal,
): Promise<readonly Installed[]> {
  const { spawner } = ports;
  // Without the program there is no crontab to look into, unless somebody asks for that.
  const hasCrontab = kind === "crontab" || (await spawner.find("crontab")) !== undefined;
  const units = kind === "crontab" ? [] : await ourUnits(ports, home, signal);
  const isUnit = kind === "systemd" || kind === "daemon";
  const line = isUnit || !hasCrontab ? undefined : await findLine(ports, home, signal);
  return [...units, ...(line ? [line] : [])];
}

/** Of either kind: who takes back a timer wants no daemon in its place. */
async function ourUnits(
  ports: Ports,
  home: string,
  signal: AbortSignal,
): Promise<readonly Installed[]> {
  const units = (await findUnits(ports)).filter(({ owner }) => owner === home);
  if (units.length === 0) return [];
  return [
    {
      shown: units.map(({ path }) => path).join("\n"),
      remove: () => takeAway(ports, units, signal),
    },
  ];
}

async function findLine(
  ports: Ports,
  home: string,
  signal: AbortSignal,
): Promise<Installed | undefined> {
  const before = await readCrontab(ports, signal);
  const after = withoutLine(before, { home });
  if (after === before) return undefined;
  const gone = before.split("\n").filter((line) => !after.split("\n").includes(line));
  return {
    shown: `crontab: ${gone.join("\n")}`,
    remove: () => writeCrontab(ports, after, signal),
  };
}
