import { sortArguments } from "./options.ts";
import type { Invocation } from "./invocation.ts";

/** A file that a program writes, and how. */
export interface WrittenPath {
  readonly text: string;
  readonly via:
    "redirection" | "tee" | "copy/move" | "in-place edit" | "download" | "dd" | "truncate";
}

type PathsOf = (args: readonly string[]) => readonly string[];

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
  install: { via: "copy/move", paths: copyTargets },
  ln: { via: "copy/move", paths: copyTargets },
  mv: { via: "copy/move", paths: copyTargets },
  perl: { via: "in-place edit", paths: (args) => editedFiles(args, /^-[A-Za-z0-9]*i/) },
  rsync: { via: "copy/move", paths: copyTargets },
  ruby: { via: "in-place edit", paths: (args) => editedFiles(args, /^-[A-Za-z0-9]*i/) },
  sed: { via: "in-place edit", paths: (args) => editedFiles(args, /^(?:-[nErsuz]*i|--in-place)/) },
  tee: { via: "tee", paths: (args) => sortArguments(args).operands },
  truncate: { via: "truncate", paths: (args) => sortArguments(args, { valued: "sr" }).operands },
  wget: {
    via: "download",
    paths: (args) => valuesOf(args, ["O", "--output-document"], "OoaePtTwQU"),
  },
};

/** The files that a run writes, as its words and redirections tell. */
export function writtenPaths(invocation: Invocation): readonly WrittenPath[] {
  const { program, args, redirectedTo } = invocation;
  const writer = Object.hasOwn(writers, program) ? writers[program] : undefined;
  const own = writer?.paths(args).map((text) => ({ text, via: writer.via })) ?? [];
  return [...own, ...redirectedTo.map((text): WrittenPath => ({ text, via: "redirection" }))];
}

/** The directory given with `-t`, else the last operand. */
function copyTargets(args: readonly string[]): readonly string[] {
  const syntax = {
    valued: "tgmoS",
    valuedLong: ["--target-directory", "--group", "--mode", "--owner"],
  };
  const { values, operands } = sortArguments(args, syntax);
  const directory = values.get("t") ?? values.get("--target-directory");
  if (directory !== undefined) return [directory];
  return operands.length > 1 ? operands.slice(-1) : [];
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
