/** Whether a text opens a scratchpad for reasoning and ends inside of it: what follows was meant for nobody else. */
export function endsInScratchpad(text: string): boolean {
  const tags = text.match(/<\/?REASONING_SCRATCHPAD>/g) ?? [];
  return tags.at(-1) === "<REASONING_SCRATCHPAD>";
}
