/** What each toolset is about, in words that hold whatever of it is switched off. */
const about: Readonly<Record<string, string>> = {
  codex:
    "What an agent with a shell of its own lacks: a list of what is to be done, and what hermes remembers, has talked " +
    "about and knows how to do.",
  memory: "What hermes remembers from one session to the next.",
  sessions:
    "The stored conversations of hermes: to list, read and search them, and to wait for what is new.",
  skills: "Instructions for kinds of work, to be read before such work is begun.",
  todo: "A list of what is to be done in this connection.",
  terminal: "Commands on the machine of hermes, in its directory.",
  file: "Files on the machine of hermes.",
};

/** What a client tells its model of this server: only what holds for the toolsets that it serves. */
export function mcpInstructions(toolsets: readonly string[]): string {
  return [
    "Tools of hermes, an agent host, over what it keeps on its own machine for its user.",
    ...toolsets.flatMap((name) => about[name] ?? []),
    "tools/list names all that there are. Nobody can be asked over this connection: what would need an approval is " +
      "refused. Results are JSON; secrets in them are masked.",
  ].join(" ");
}
