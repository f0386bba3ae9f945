import type { SignalSource } from "../core/ports.ts";

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
};
