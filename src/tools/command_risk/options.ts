/** How a program reads its options, as far as finding its operands needs it. */
export interface OptionSyntax {
  /** Letters of the short options that take a value. */
  readonly valued?: string;
  /** Long options, with their dashes, whose value is the next argument. */
  readonly valuedLong?: readonly string[];
}

/** Arguments sorted into options and operands. */
export interface SortedArguments {
  /** Short options as single letters, long ones without their value: `r`, `--force`. */
  readonly options: readonly string[];
  /** Values of options, by the option. */
  readonly values: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
}

/**
 * Sorts arguments as getopt does (POSIX utility syntax guidelines, with GNU long options and permutation): clusters
 * are split, `--` ends the options.
 */
export function sortArguments(args: readonly string[], syntax: OptionSyntax = {}): SortedArguments {
  const options: string[] = [];
  const values = new Map<string, string>();
  const operands: string[] = [];
  let hasEnded = false;
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? "";
    if (arg === "--" && !hasEnded) {
      hasEnded = true;
      continue;
    }
    if (hasEnded || !isOption(arg)) {
      operands.push(arg);
      continue;
    }
    const read = readOption(arg, syntax);
    options.push(...read.options);
    const valued = read.options.at(-1);
    if (valued === undefined) continue;
    if (read.value !== undefined) values.set(valued, read.value);
    else if (read.wantsValue) values.set(valued, args[++index] ?? "");
  }
  return { options, values, operands };
}

/** Number of the leading arguments that are options or their values; a `--` counts. */
export function countOptions(args: readonly string[], syntax: OptionSyntax): number {
  let index = 0;
  while (index < args.length) {
    const arg = args[index] ?? "";
    if (arg === "--") return index + 1;
    if (!isOption(arg)) break;
    index += readOption(arg, syntax).wantsValue ? 2 : 1;
  }
  return Math.min(index, args.length);
}

function isOption(arg: string): boolean {
  return arg.length > 1 && arg.startsWith("-");
}

interface ReadOption {
  readonly options: readonly string[];
  readonly value?: string;
  /** Whether the next argument is its value. */
  readonly wantsValue: boolean;
}

function readOption(arg: string, syntax: OptionSyntax): ReadOption {
  if (arg.startsWith("--")) {
    const equals = arg.indexOf("=");
    if (equals !== -1) {
      return { options: [arg.slice(0, equals)], value: arg.slice(equals + 1), wantsValue: false };
    }
    return { options: [arg], wantsValue: syntax.valuedLong?.includes(arg) ?? false };
  }
  // Clusters are short; a longer one is text that happens to begin with a dash.
  const letters = Array.from(arg.slice(1, 65));
  const valued = letters.findIndex((letter) => syntax.valued?.includes(letter) ?? false);
  if (valued === -1) return { options: letters, wantsValue: false };
  const options = letters.slice(0, valued + 1);
  const value = arg.slice(valued + 2);
  return value === "" ? { options, wantsValue: true } : { options, value, wantsValue: false };
}
