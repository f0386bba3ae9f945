/**
 * Shell code as a tree, as far as judging it needs one. Loops and conditions are flat: their keywords are dropped and
 * their bodies are pipelines of the script around them, since whatever they may run is judged as if it ran.
 */
export interface Script {
  readonly pipelines: readonly Pipeline[];
}

export interface Pipeline {
  /** At least one. */
  readonly commands: readonly Command[];
  /** What ends it; `&` runs it in the background. */
  readonly operator: ";" | "&&" | "||" | "&";
}

export type Command = SimpleCommand | GroupCommand | FunctionCommand | WordsCommand;

export interface SimpleCommand {
  readonly kind: "simple";
  readonly assignments: readonly Assignment[];
  /** Program and arguments; empty for a bare assignment or redirection. */
  readonly words: readonly Word[];
  readonly redirections: readonly Redirection[];
}

/** `( ... )` or `{ ...; }`. */
export interface GroupCommand {
  readonly kind: "group";
  readonly isSubshell: boolean;
  readonly script: Script;
  readonly redirections: readonly Redirection[];
}

export interface FunctionCommand {
  readonly kind: "function";
  readonly name: string;
  readonly script: Script;
}

/** Words that are read but not run: the list of a `for`, the subject of a `case`, a `[[ ... ]]`. */
export interface WordsCommand {
  readonly kind: "words";
  /** The variable that takes the words as values. */
  readonly variable?: string;
  readonly words: readonly Word[];
}

export interface Assignment {
  readonly name: string;
  readonly value: Word;
}

export interface Redirection {
  /** Without a descriptor number: `>`, `>>`, `>|`, `<>`, `>&`, `&>`, `&>>`, `<`, `<&`, `<<`, `<<<`. */
  readonly operator: string;
  /** The file; of `<<` and `<<<` the text itself. */
  readonly target: Word;
}

export interface Word {
  readonly parts: readonly WordPart[];
}

export type WordPart =
  | { readonly kind: "text"; readonly text: string; readonly isQuoted: boolean }
  /** `$name`, `${name}`; `fallback` of `${name:-fallback}` and its kin. */
  | {
      readonly kind: "parameter";
      readonly name: string;
      readonly fallback?: Word;
      readonly isQuoted: boolean;
    }
  /** `$(...)` or backticks. */
  | { readonly kind: "substitution"; readonly script: Script; readonly isQuoted: boolean }
  /** `<(...)` or `>(...)`. */
  | { readonly kind: "process"; readonly script: Script }
  /** A value that is not known before it runs; `word` holds the expansions inside of it. */
  | { readonly kind: "opaque"; readonly word: Word }
  /** The value of an array assignment. */
  | { readonly kind: "list"; readonly words: readonly Word[] };

/** A word that is this text. */
export function textWord(text: string): Word {
  return { parts: [{ kind: "text", text, isQuoted: true }] };
}

/** The text of a word without expansions, quotes removed; undefined when it has any. */
export function literalText(word: Word): string | undefined {
  let text = "";
  for (const part of word.parts) {
    if (part.kind !== "text") return undefined;
    text += part.text;
  }
  return text;
}

/** `NAME=value` as an assignment. */
export function asAssignment(word: Word): Assignment | undefined {
  const [first, ...rest] = word.parts;
  if (first?.kind !== "text" || first.isQuoted) return undefined;
  const head = /^([A-Za-z_]\w*)(?:\[[^\]]*\])?\+?=/.exec(first.text);
  if (!head) return undefined;
  const text = first.text.slice(head[0].length);
  return {
    name: head[1] ?? "",
    value: { parts: text === "" ? rest : [{ ...first, text }, ...rest] },
  };
}

/** The scripts that expanding a word would run. */
export function scriptsOfWord(word: Word): readonly Script[] {
  return word.parts.flatMap((part): readonly Script[] => {
    switch (part.kind) {
      case "text":
        return [];
      case "parameter":
        return part.fallback ? scriptsOfWord(part.fallback) : [];
      case "substitution":
      case "process":
        return [part.script];
      case "opaque":
        return scriptsOfWord(part.word);
      case "list":
        return part.words.flatMap(scriptsOfWord);
      default:
        return part satisfies never;
    }
  });
}

/** Every word of a command, without those of nested scripts. */
export function wordsOfCommand(command: Command): readonly Word[] {
  switch (command.kind) {
    case "simple":
      return [
        ...command.assignments.map((assignment) => assignment.value),
        ...command.words,
        ...command.redirections.map((redirection) => redirection.target),
      ];
    case "group":
      return command.redirections.map((redirection) => redirection.target);
    case "function":
      return [];
    case "words":
      return command.words;
    default:
      return command satisfies never;
  }
}

/** Every simple command, those of nested scripts and substitutions included. */
export function* simpleCommandsOf(script: Script): Generator<SimpleCommand> {
  for (const pipeline of script.pipelines) {
    for (const command of pipeline.commands) {
      if (command.kind === "simple") yield command;
      if (command.kind === "group" || command.kind === "function") {
        yield* simpleCommandsOf(command.script);
      }
      for (const word of wordsOfCommand(command)) {
        for (const nested of scriptsOfWord(word)) yield* simpleCommandsOf(nested);
      }
    }
  }
}
