import type { Clock, Terminal } from "../../core/ports.ts";
import { KeyParser, type Key } from "./keys.ts";

/** How long an escape may be the beginning of another key, in milliseconds: more than a slow connection needs. */
const escapeWaitMs = 50;

export interface KeyboardDeps {
  readonly terminal: Pick<Terminal, "keys">;
  readonly clock: Clock;
}

/** Hands over what is typed, key by key, until the signal aborts or the terminal goes away. */
export async function readKeyboard(
  { terminal, clock }: KeyboardDeps,
  onKey: (key: Key) => void,
  signal: AbortSignal,
): Promise<void> {
  const parser = new KeyParser();
  let following = new AbortController();
  const decideLater = async (): Promise<void> => {
    try {
      await clock.sleep(escapeWaitMs, following.signal);
    } catch {
      return;
    }
    for (const key of parser.flush()) onKey(key);
  };
  try {
    for await (const input of terminal.keys(signal)) {
      following.abort();
      for (const key of parser.feed(input)) onKey(key);
      if (!parser.isUndecided) continue;
      following = new AbortController();
      void decideLater();
    }
  } finally {
    following.abort();
  }
}
