import { readFileSync } from "node:fs";
import type { SignalName, SignalSource } from "../core/ports.ts";

/** As POSIX numbers them. */
const numbers: Readonly<Record<SignalName, bigint>> = { SIGHUP: 1n, SIGINT: 2n, SIGTERM: 15n };

/** The signals of this process. While somebody listens to a signal it no longer ends the process. */
export const processSignals: SignalSource = {
  on(signal, callback) {
    const listener = (): void => callback();
    process.on(signal, listener);
    return {
      [Symbol.dispose]() {
        process.off(signal, listener);
      },
    };
  },
  isIgnored(signal) {
    const ignored = ignoredSignals();
    return ignored === undefined ? undefined : ((ignored >> (numbers[signal] - 1n)) & 1n) === 1n;
  },
};

/** Bit n - 1 stands for signal n (proc(5)); undefined where there is no /proc (macOS). */
function ignoredSignals(): bigint | undefined {
  try {
    const [, mask] =
      /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "latin1")) ?? [];
    return mask === undefined ? undefined : BigInt(`0x${mask}`);
  } catch {
    return undefined;
  }
}
