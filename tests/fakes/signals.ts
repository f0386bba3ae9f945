import type { SignalName, SignalSource } from "../../src/core/ports.ts";

/** Signals that a test sends. */
export interface FakeSignals extends SignalSource {
  send(name: SignalName): void;
  /** Number of callbacks that listen. */
  listeners(): number;
  /** What they listen to. */
  names(): readonly SignalName[];
}

/** No signal arrives but those that are sent; `ignored` are those that the process was started with as such. */
export function fakeSignals({
  ignored,
}: { readonly ignored?: readonly SignalName[] } = {}): FakeSignals {
  const listening = new Set<{ readonly name: SignalName; readonly callback: () => void }>();
  return {
    on(name, callback) {
      const entry = { name, callback };
      listening.add(entry);
      return { [Symbol.dispose]: () => void listening.delete(entry) };
    },
    isIgnored: (name) => ignored?.includes(name),
    send(name) {
      for (const entry of listening) if (entry.name === name) entry.callback();
    },
    listeners: () => listening.size,
    names: () => [...listening].map(({ name }) => name),
  };
}
