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
    | "unpacking"
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
  git: { via: "download", paths: clonedTo },
  hermes: { via: "hermes", paths: hermesOutputs },
  install: { via: "copy/move", paths: copyTargets },
  ln: { via: "copy/move", paths: copyTargets },
  mv: { via: "copy/move", paths: copyTargets },
  perl: { via: "in-place edit", paths: (args) => editedFiles(args, /^-[A-Za-z0-9]*i/) },
  rsync: { via: "copy/move", paths: copyTargets },
  ruby: { via: "in-place edit", paths: (args) => editedFiles(args, /^-[A-Za-z0-9]*i/) },
  sed: { via: "in-place edit", paths: (args) => editedFiles(args, /^(?:-[nErsuz]*i|--in-place)/) },
  sponge: { via: "in-place edit", paths: (args) => sortArguments(args).operands },
  tar: { via: "unpacking", paths: unpackedTo },
  tee: { via: "tee", paths: (args) => sortArguments(args).operands },
  truncate: { via: "truncate", paths: (args) => sortArguments(args, { valued: "sr" }).operands },
  unzip: {
    via: "unpacking",
    paths: (args) => [sortArguments(args, { valued: "dxP" }).values.get("d") ?? "."],
  },
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
  const { sources, target } = readCopy(args);
  if (target === undefined || sources.length === 0) return [];
  return [{ text: target, contents: sources.map((source) => basename(source)) }];
}

function readCopy(args: readonly string[]): {
  readonly sources: readonly string[];
  readonly target: string | undefined;
} {
  const syntax = {
    valued: "tgmoS",
    valuedLong: ["--target-directory", "--group", "--mode", "--owner"],
  };
  const { values, operands } = sortArguments(args, syntax);
  const directory = values.get("t") ?? values.get("--target-directory");
  return directory === undefined
    ? { sources: operands.slice(0, -1), target: operands.at(-1) }
    : { sources: operands, target: directory };
}

/** The files that a run takes away by name. */
export function removedPaths({ program, args }: Invocation): readonly string[] {
  if (["rm", "shred", "unlink"].includes(program)) return sortArguments(args).operands;
  return program === "mv" ? readCopy(args).sources : [];
}

/** The directory that `tar` unpacks into; old-style options come without a dash. */
function unpackedTo(args: readonly string[]): readonly string[] {
  const syntax = { valued: "CfTXb", valuedLong: ["--directory", "--file"] };
  const { options, values, operands } = sortArguments(args, syntax);
  const isUnpacking =
    options.some((option) => ["x", "--extract", "--get"].includes(option)) ||
    /^[A-Za-z]*x/.test(operands[0] ?? "");
  return isUnpacking ? [values.get("C") ?? values.get("--directory") ?? "."] : [];
}

/** The directory that `git clone` makes, or the one that it makes it in. */
function clonedTo(args: readonly string[]): readonly string[] {
  const at = args.indexOf("clone");
  if (at === -1) return [];
  const valuedLong = ["--branch", "--config", "--depth", "--filter", "--jobs", "--origin"];
  const { operands } = sortArguments(args.slice(at + 1), { valued: "bcjou", valuedLong });
  return [operands[1] ?? "."];
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
