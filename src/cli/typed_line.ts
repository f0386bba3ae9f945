import type { Terminal } from "../core/ports.ts";

/** What is typed up to Enter, or up to the end of the input. */
export async function typedLine({ stdin }: Pick<Terminal, "stdin">): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stdin.chunks()) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes("\n")) break;
  }
  return text.split("\n")[0] ?? "";
}
