/** How a program reads its options, as far as finding its operands needs it. */
export interface OptionSyntax {
  /** Letters of the short options that take a value. */
  readonly valued?: string;
  /** Letters of the short options whose value, where they have one, is attached. */
  readonly attached?: string;
  /** Long options, with their dashes, whose value is the next argument. */
  readonly valuedLong?: readonly string[];
}

/** Arguments sorted into options and operands. */
export interface SortedArguments {
  /** Short options as single letters, long ones without their value: `r`, `--force`. */
  readonly options: readonly string[];
  /** Values of options, by the option; of a repeated one the last. */
  readonly values: ReadonlyMap<string, string>;
  /** All of them with their options, in order. */
  readonly valueList: readonly (readonly [string, string])[];
  readonly operands: readonly string[];
}

/**
 * Sorts arguments as getopt does (POSIX utility syntax guidelines, with GNU long options and permutation): clusters
 * are split, `--` ends the options.
 */
export function sortArguments(args: readonly string[], syntax: OptionSyntax = {}): SortedArguments {
  const options: string[] = [];
  const valueList: (readonly [string, string])[] = [];
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
    if (read.value !== undefined) valueList.push([valued, read.value]);
    else if (read.wantsValue) valueList.push([valued, args[++index] ?? ""]);
  }
  return { options, values: new Map(valueList), valueList, operands };
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
  const { valued = "", attached = "" } = syntax;
  const last = letters.findIndex((letter) => (valued + attached).includes(letter));
  if (last === -1) return { options: letters, wantsValue: false };
  const options = letters.slice(0, last + 1);
  const value = arg.slice(last + 2);
  if (value !== "") return { options, value, wantsValue: false };
  return { options, wantsValue: valued.includes(letters[last] ?? "") };
}
