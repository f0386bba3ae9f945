import { parseExpansions, parseWord } from "./parse_word.ts";
import { type PendingHeredoc, type ShellSource, skipBlanks, take } from "./source.ts";
import { literalText, type Redirection, textWord } from "./syntax.ts";

/** The redirections behind a compound command. */
export function readRedirections(source: ShellSource): readonly Redirection[] {
  const redirections: Redirection[] = [];
  while (true) {
    skipBlanks(source);
    const redirection = readRedirection(source);
    if (!redirection) return redirections;
    redirections.push(redirection);
  }
}

/** One redirection; undefined when something else stands there. A heredoc gets its text behind the line end. */
export function readRedirection(source: ShellSource): Redirection | undefined {
  const head = take(source, /(?:\d+|\{\w+\})?(?:<<<|<<-|<<|<>|<&|>>|>\||>&|&>>|&>|[<>](?!\())/y);
  if (head === undefined) return undefined;
  const operator = head.replace(/^(?:\d+|\{\w+\})/, "");
  skipBlanks(source);
  const target = parseWord(source);
  if (operator !== "<<" && operator !== "<<-") return { operator, target };
  const redirection: PendingHeredoc["redirection"] = { operator: "<<", target: textWord("") };
  source.heredocs.push({
    delimiter: literalText(target) ?? "",
    isQuoted: target.parts.some((part) => part.kind === "text" && part.isQuoted),
    stripsTabs: operator === "<<-",
    redirection,
  });
  return redirection;
}

/** Behind a line end: the bodies of the heredocs that the line named. */
export function readHeredocs(source: ShellSource): void {
  for (const heredoc of source.heredocs.splice(0)) {
    const lines: string[] = [];
    while (source.at < source.text.length) {
      const line = take(source, /[^\n]*\n?/y) ?? "";
      const text = heredoc.stripsTabs ? line.replace(/^\t+/, "") : line;
      if (text.replace(/\r?\n$/, "") === heredoc.delimiter) break;
      lines.push(text);
    }
    const body = lines.join("");
    heredoc.redirection.target = heredoc.isQuoted ? textWord(body) : parseExpansions(source, body);
  }
}
