import { HermesError } from "../../../core/errors.ts";
import type { Terminal } from "../../../core/ports.ts";
import { canAsk } from "../../approval_mode.ts";
import { usageError } from "../../flags.ts";

/**
 * A secret that is typed without being shown, or all of stdin where that is a pipe or a file.
 * @throws {HermesError} `turn/interrupted` for Ctrl-C, `usage/invalid` where there is nothing to read
 */
export async function readSecret(terminal: Terminal, question: string): Promise<string> {
  const { kind } = terminal.stdin;
  if (kind === "pipe" || kind === "file") return await readAll(terminal);
  if (!canAsk(terminal)) {
    throw usageError(
      "Nobody can be asked for the key",
      "send it to stdin, or name a variable with --api-key-env",
    );
  }
  const over = new AbortController();
  const keys = terminal.keys(over.signal)[Symbol.asyncIterator]();
  // The terminal shows nothing from here on; asked before, it would show what is typed at once.
  const first = keys.next();
  await terminal.stderr.write(question);
  try {
    return await typed(first, keys);
  } finally {
    over.abort();
    await keys.return?.();
    await terminal.stderr.write("\n");
  }
}

async function typed(
  first: Promise<IteratorResult<string>>,
  rest: AsyncIterator<string>,
): Promise<string> {
  let text = "";
  for (let next = await first; !next.done; next = await rest.next()) {
    for (const key of next.value.replaceAll(/\x1b\[20[01]~/g, "")) {
      if (key === "\r" || key === "\n" || key === "\x04") return text;
      if (key === "\x03") throw new HermesError("turn/interrupted", "Interrupted");
      text = key === "\x7f" || key === "\b" ? text.slice(0, -1) : text + key;
    }
  }
  return text;
}

async function readAll({ stdin }: Terminal): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stdin.chunks()) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > 100_000) break;
  }
  return text;
}
