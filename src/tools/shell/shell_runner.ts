import { errnoOf } from "../../core/errors.ts";
import type { ChildProcess, Clock, ExitStatus, Spawner, SpawnRequest } from "../../core/ports.ts";

/** Time between SIGTERM and SIGKILL for a command that took too long, in milliseconds. */
export const timeoutGraceMs = 2_000;
/** The same for an interrupt: the person waits. */
export const interruptGraceMs = 50;

/** Pauses before a start is tried again, in milliseconds. */
const retryDelaysMs: readonly number[] = [2_000, 4_000, 8_000];
/** Shortages of the system that pass. */
const shortages: ReadonlySet<string> = new Set(["EAGAIN", "EMFILE", "ENFILE", "ENOMEM", "ETXTBSY"]);

/**
 * Starts a program, again after a pause while the system is short of processes or files.
 * @throws the operating system's error, or the signal's reason
 */
export async function spawnPatiently(
  { spawner, clock }: { readonly spawner: Spawner; readonly clock: Clock },
  request: SpawnRequest,
  signal: AbortSignal,
): Promise<ChildProcess> {
  for (const delayMs of retryDelaysMs) {
    try {
      return await spawner.spawn(request);
    } catch (error) {
      if (!shortages.has(errnoOf(error) ?? "")) throw error;
      await clock.sleep(delayMs, signal);
    }
  }
  return await spawner.spawn(request);
}

/** Asks a group to end, and ends it when its leader has not done so in time. Nothing of the group is left. */
export async function endGroup(clock: Clock, child: ChildProcess, graceMs: number): Promise<void> {
  child.killGroup("SIGTERM");
  await within(clock, child.exited, graceMs);
  // Also when the leader is gone: others of the group may ignore SIGTERM.
  child.killGroup("SIGKILL");
  await within(clock, child.exited, 1_000);
}

/** How often a group whose leader has ended is looked at, in milliseconds: nobody tells when the last one ends. */
const lookMs = 20;

/** Asks those whom a leader left behind to end, and ends them when they have not done so in time. */
export async function endLeftBehind(
  clock: Clock,
  child: ChildProcess,
  graceMs: number,
): Promise<void> {
  if (!child.hasGroup()) return;
  child.killGroup("SIGTERM");
  const endsAt = clock.monotonic() + graceMs;
  while (child.hasGroup()) {
    const leftMs = endsAt - clock.monotonic();
    if (leftMs <= 0) {
      child.killGroup("SIGKILL");
      return;
    }
    await clock.sleep(Math.min(lookMs, leftMs));
  }
}

/** Whether something is over within a time; it goes on in any case. */
export async function within(
  clock: Clock,
  done: Promise<unknown>,
  timeoutMs: number,
): Promise<boolean> {
  const settled = new AbortController();
  const late = clock.sleep(timeoutMs, settled.signal).then(
    () => false,
    () => true,
  );
  try {
    return await Promise.race([done.then(() => true), late]);
  } finally {
    settled.abort();
  }
}

const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGABRT: 6,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
};

/** The exit code as a shell would report it: 128 plus the number of the signal that ended the program. */
export function exitCodeOf({ code, signal }: ExitStatus): number {
  return code ?? 128 + (signalNumbers[signal ?? ""] ?? 0);
}
