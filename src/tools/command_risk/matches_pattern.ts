import { expandWords, unknownText } from "./expand_word.ts";
import { parseScript } from "./parse_script.ts";
import {
  literalText,
  type Redirection,
  type Script,
  scriptsOfWord,
  simpleCommandsOf,
  type SimpleCommand,
  wordsOfCommand,
} from "./syntax.ts";

/** A command that needs an approval, with the key of its verdict. */
export interface JudgedCommand {
  readonly command: string;
  readonly key: string;
}

/**
 * Whether a pattern of the user covers a command: the very text of its key, or a command with `*` for any characters.
 * Every program of a chain must match by itself, so that `git push*` does not cover `git push; rm -rf x`; output into
 * files is never covered by a pattern other than `*`.
 */
export function matchesPattern({ command, key }: JudgedCommand, pattern: string): boolean {
  const wanted = pattern.trim().replace(/\s+/g, " ");
  if (wanted === "") return false;
  if (wanted === "*" || coversKey(key, wanted)) return true;
  const { script, isTooDeep } = parseScript(command);
  if (isTooDeep || writesFiles(script)) return false;
  const commands = [...simpleCommandsOf(script)].filter(isRun);
  return commands.length > 0 && commands.every((simple) => globMatches(textOf(simple), wanted));
}

/** Names that older allowlists have for several kinds of danger. */
const keyGroups: Readonly<Record<string, readonly string[]>> = {
  find: ["find -exec rm", "find -delete"],
};

function coversKey(key: string, pattern: string): boolean {
  return key === pattern || (keyGroups[pattern]?.includes(key) ?? false);
}

function isRun(command: SimpleCommand): boolean {
  return command.words.length > 0 || command.assignments.length > 0;
}

/** Whether any output goes to a file that is not /dev/null. */
function writesFiles(script: Script): boolean {
  return script.pipelines.some((pipeline) =>
    pipeline.commands.some((command) => {
      const redirections = "redirections" in command ? command.redirections : [];
      if (redirections.some(writesFile)) return true;
      if ("script" in command && writesFiles(command.script)) return true;
      return wordsOfCommand(command).some((word) => scriptsOfWord(word).some(writesFiles));
    }),
  );
}

function writesFile({ operator, target }: Redirection): boolean {
  if (operator.startsWith("<") && operator !== "<>") return false;
  const text = literalText(target);
  return text !== "/dev/null" && !(operator === ">&" && /^(?:\d+|-)$/.test(text ?? ""));
}

/** A blank inside of a word: no blank of a pattern matches it. */
const innerBlank = "\u0001";

/** The command's words with one blank between them; what is not known beforehand only `*` matches. */
function textOf(command: SimpleCommand): string {
  const assignments = command.assignments.map(
    ({ name, value }) => `${name}=${literalText(value) ?? unknownText}`,
  );
  const words = expandWords(command.words, new Map()).map(({ text }) => text);
  return [...assignments, ...words].map((word) => word.replace(/\s/g, innerBlank)).join(" ");
}

/** Whether a text matches a pattern in which `*` stands for any characters. Never backtracks further than one star. */
function globMatches(text: string, pattern: string): boolean {
  const [head = "", ...pieces] = pattern.split("*");
  if (!text.startsWith(head)) return false;
  const tail = pieces.pop();
  if (tail === undefined) return text === head;
  let at = head.length;
  for (const piece of pieces) {
    const found = text.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return text.length - tail.length >= at && text.endsWith(tail);
}
