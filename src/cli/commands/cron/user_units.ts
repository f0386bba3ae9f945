import { dirname } from "node:path/posix";
import { errnoOf, HermesError } from "../../../core/errors.ts";
import type { Ports } from "../../../core/ports.ts";
import { printNote, printWarning } from "../../print.ts";
import { exitCodes } from "../../exit_codes.ts";
import { systemctl } from "./service_programs.ts";
import {
  homeOfUnit,
  mainUnit,
  serviceName,
  timerName,
  type Unit,
  unitFile,
  type UnitKind,
} from "./service_unit.ts";

/** A file of systemd that lies where ours would. */
export interface FoundUnit extends Unit {
  readonly path: string;
  /** The home that it is for; null where somebody else wrote it. */
  readonly owner: string | null;
}

/** Units of our names, whoever wrote them. @throws {HermesError} `file/unreadable` */
export async function findUnits({
  env,
  files,
  host,
}: Pick<Ports, "env" | "files" | "host">): Promise<readonly FoundUnit[]> {
  const found: FoundUnit[] = [];
  for (const name of [timerName, serviceName]) {
    const path = unitFile(env, host, name);
    try {
      const text = await files.readText(path);
      found.push({ name, path, text, owner: homeOfUnit(text) });
    } catch (error) {
      if (errnoOf(error) === "ENOENT") continue;
      const message = `Cannot read the unit: ${path} (${errnoOf(error) ?? String(error)})`;
      throw new HermesError("file/unreadable", message, { cause: error });
    }
  }
  return found;
}

/** The kind that is there; undefined where none is. */
export function kindOf(units: readonly FoundUnit[]): UnitKind | undefined {
  if (units.some(({ name }) => name === timerName)) return "timer";
  return units.length === 0 ? undefined : "daemon";
}

/** Which files of units are to come and to go. */
export interface UnitChange {
  readonly kind: UnitKind;
  readonly write: readonly Unit[];
  /** What is there of our own. */
  readonly before: readonly FoundUnit[];
}

/**
 * Puts the units in place of those that are there and switches them on; where systemd cannot be reached from here, says
 * how. The exit code. @throws {HermesError} `file/unwritable`
 */
export async function switchOn(
  ports: Ports,
  { kind, write, before }: UnitChange,
  signal: AbortSignal,
): Promise<number> {
  const kindBefore = kindOf(before);
  if (kindBefore !== undefined && kindBefore !== kind) {
    // Of the other kind, and known to systemd only for as long as its file is there.
    await switchOff(ports, [mainUnit[kindBefore]], signal);
  }
  for (const unit of write) {
    if (before.some(({ name, text }) => name === unit.name && text === unit.text)) continue;
    await writeUnit(ports, unit);
  }
  const obsolete = before.filter(({ name }) => !write.some((unit) => unit.name === name));
  for (const { path } of obsolete) await removeUnit(ports, path);

  const unit = mainUnit[kind];
  const steps = [["daemon-reload"], ["enable", unit], ["restart", unit]];
  for (const [index, step] of steps.entries()) {
    const { code, stderr } = await systemctl(ports, step, signal);
    if (code === 0) continue;
    await printWarning(ports, `systemctl --user ${step.join(" ")} failed: ${lastLine(stderr)}`);
    const left = steps.slice(index).map((words) => `  systemctl --user ${words.join(" ")}`);
    await printNote(
      ports,
      `The ${kind} is written. To start it, from a session of your own:\n${left.join("\n")}`,
    );
    // Where the first step fails, systemd is out of reach: all that can be done from here is done.
    return index === 0 ? exitCodes.done : exitCodes.failed;
  }
  await printNote(ports, running[kind]);
  await printNote(ports, "It ends when you log out, unless: loginctl enable-linger");
  return exitCodes.done;
}

const running: Readonly<Record<UnitKind, string>> = {
  timer: `The timer runs what is due each minute: systemctl --user list-timers ${timerName}`,
  daemon: `The daemon runs: systemctl --user status ${serviceName}`,
};

/** Switches units of ours off, and takes their files away. @throws {HermesError} `file/unwritable` */
export async function takeAway(
  ports: Ports,
  units: readonly FoundUnit[],
  signal: AbortSignal,
): Promise<void> {
  const isDone = await switchOff(
    ports,
    units.map(({ name }) => name),
    signal,
  );
  for (const { path } of units) await removeUnit(ports, path);
  if (isDone) await systemctl(ports, ["daemon-reload"], signal);
}

/** Whether it could be. */
async function switchOff(
  ports: Ports,
  names: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  const { code, stderr } = await systemctl(ports, ["disable", "--now", ...names], signal);
  if (code === 0) return true;
  await printWarning(
    ports,
    `It may still run, systemctl failed (${lastLine(stderr)}): systemctl --user stop ${names.join(" ")}`,
  );
  return false;
}

async function writeUnit({ env, files, host }: Ports, { name, text }: Unit): Promise<void> {
  const path = unitFile(env, host, name);
  try {
    await files.makeDirectory(dirname(path));
    await files.replaceFile(path, text, { mode: 0o644 });
  } catch (error) {
    const message = `Cannot write the unit: ${path} (${errnoOf(error) ?? String(error)})`;
    throw new HermesError("file/unwritable", message, { cause: error });
  }
}

async function removeUnit({ files }: Ports, path: string): Promise<void> {
  try {
    await files.remove(path);
  } catch (error) {
    const message = `Cannot remove the unit: ${path} (${errnoOf(error) ?? String(error)})`;
    throw new HermesError("file/unwritable", message, { cause: error });
  }
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
