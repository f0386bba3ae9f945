import { basename } from "node:path/posix";
import { hermesSyntax } from "./hermes_call.ts";
import { sortArguments } from "./options.ts";
import type { Invocation } from "./invocation.ts";

/** A file that a program writes, and how. */
export interface WrittenPath {
  readonly text: string;
  /** Names of what is put inside of it, should it be a directory. */
  readonly contents?: readonly string[];
  readonly via:
    | "redirection"
    | "tee"
    | "copy/move"
    | "in-place edit"
    | "download"
    | "dd"
    | "truncate"
    | "hermes";
}

type PathsOf = (args: readonly string[]) => readonly (string | Omit<WrittenPath, "via">)[];

/** Programs that write files named in their arguments. */
const writers: Readonly<
  Record<string, { readonly via: WrittenPath["via"]; readonly paths: PathsOf }>
> = {
  cp: { via: "copy/move", paths: copyTargets },
  curl: { via: "download", paths: (args) => valuesOf(args, ["o", "--output"], "oHdXAuebcFTm") },
  dd: {
    via: "dd",
    paths: (args) => args.flatMap((arg) => (arg.startsWith("of=") ? arg.slice(3) : [])),
  },
  hermes: { via: "hermes", paths: hermesOutputs },
  install: { via: "copy/move", paths: copyTargets },
  ln: { via: "copy/move", paths: copyTargets },
  mv: { via: "copy/move", paths: copyTargets },
  perl: { via: "in-place edit", paths: (args) => editedFiles(args, /^-[A-Za-z0-9]*i/) },
  rsync: { via: "copy/move", paths: copyTargets },
  ruby: { via: "in-place edit", paths: (args) => editedFiles(args, /^-[A-Za-z0-9]*i/) },
  sed: { via: "in-place edit", paths: (args) => editedFiles(args, /^(?:-[nErsuz]*i|--in-place)/) },
  sponge: { via: "in-place edit", paths: (args) => sortArguments(args).operands },
  tee: { via: "tee", paths: (args) => sortArguments(args).operands },
  truncate: { via: "truncate", paths: (args) => sortArguments(args, { valued: "sr" }).operands },
  wget: {
    via: "download",
    paths: (args) => valuesOf(args, ["O", "--output-document"], "OoaePtTwQU"),
  },
  yq: { via: "in-place edit", paths: (args) => editedFiles(args, /^(?:-[a-zA-Z]*i|--inplace)/) },
};

/** The files that a run writes, as its words and redirections tell. */
export function writtenPaths(invocation: Invocation): readonly WrittenPath[] {
  const { program, args, redirectedTo } = invocation;
  const redirected = redirectedTo.map((text): WrittenPath => ({ text, via: "redirection" }));
  const writer = Object.hasOwn(writers, program) ? writers[program] : undefined;
  if (!writer) return redirected;
  const { via } = writer;
  const own = writer
    .paths(args)
    .map((path) => (typeof path === "string" ? { text: path, via } : { ...path, via }));
  return [...own, ...redirected];
}

/** The directory given with `-t`, else the last operand; and what goes there. */
function copyTargets(args: readonly string[]): ReturnType<PathsOf> {
  const syntax = {
    valued: "tgmoS",
    valuedLong: ["--target-directory", "--group", "--mode", "--owner"],
  };
  const { values, operands } = sortArguments(args, syntax);
  const directory = values.get("t") ?? values.get("--target-directory");
  const sources = directory === undefined ? operands.slice(0, -1) : operands;
  const text = directory ?? operands.at(-1);
  if (text === undefined || sources.length === 0) return [];
  return [{ text, contents: sources.map((source) => basename(source)) }];
}

/** Answers, exports and recordings. */
function hermesOutputs(args: readonly string[]): readonly string[] {
  return sortArguments(args, hermesSyntax).valueList.flatMap(([option, value]) =>
    /^(?:o|--output|--output-last-message|--record)$/.test(option) ? value : [],
  );
}

function editedFiles(args: readonly string[], isInPlace: RegExp): readonly string[] {
  return args.some((arg) => isInPlace.test(arg)) ? sortArguments(args).operands : [];
}

function valuesOf(
  args: readonly string[],
  names: readonly string[],
  valued: string,
): readonly string[] {
  const valuedLong = names.filter((name) => name.startsWith("--"));
  const { values } = sortArguments(args, { valued, valuedLong });
  return names.flatMap((name) => values.get(name) ?? []);
}
