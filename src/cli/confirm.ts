import type { Terminal } from "../core/ports.ts";
import { canAsk } from "./approval_mode.ts";
import { usageError } from "./flags.ts";
import { typedLine } from "./typed_line.ts";

/**
 * Asks for a yes at the terminal; anything else is a no.
 * @throws {HermesError} `usage/invalid` where nobody can be asked
 */
export async function confirm(terminal: Terminal, question: string): Promise<boolean> {
  if (!canAsk(terminal)) {
    throw usageError("Nobody can be asked here: this needs a confirmation", "pass --yes");
  }
  await terminal.stderr.write(`${question} [y/N] `);
  return /^y(?:es)?$/i.test((await typedLine(terminal)).trim());
}
