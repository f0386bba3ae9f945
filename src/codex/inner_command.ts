/** `/bin/bash -lc 'TEXT'`: how codex runs what its model typed. */
const wrapped = /^(?:\/[\w./-]*\/)?(?:ba|z|da|k)?sh -l?c ([^]+)$/;

/**
 * What the model typed, without the shell that codex puts around it; unchanged where that cannot be told for certain.
 * The shell's word is taken apart as POSIX quotes it (XCU 2.2).
 */
export function innerCommand(command: string): string {
  const word = wrapped.exec(command)?.[1];
  return word === undefined ? command : (unquoted(word) ?? command);
}

/** The text of one quoted word; undefined for more than one, and for what a shell would expand. */
function unquoted(word: string): string | undefined {
  let text = "";
  let at = 0;
  while (at < word.length) {
    const rest = word.slice(at);
    const piece =
      /^'([^']*)'/.exec(rest) ?? /^"((?:[^"\\$`]|\\[^])*)"/.exec(rest) ?? /^\\([^\n])/.exec(rest);
    const plain = piece ? undefined : /^[\w@%+=:,./-]+/.exec(rest)?.[0];
    if (!piece && plain === undefined) return undefined;
    const inside = plain ?? piece?.[1] ?? "";
    text += piece?.[0].startsWith('"') === true ? inside.replaceAll(/\\([$`"\\])/g, "$1") : inside;
    at += (plain ?? piece?.[0] ?? "").length;
  }
  return text === "" ? undefined : text;
}
