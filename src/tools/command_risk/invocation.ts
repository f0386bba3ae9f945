import { basename } from "node:path/posix";
import type { Field } from "./expand_word.ts";
import { homeVariables } from "./hermes_call.ts";
import { countOptions, sortArguments } from "./options.ts";
import type { Places } from "./protected_paths.ts";
import { type Wrapper, wrappers } from "./wrappers.ts";

/** Where a command's standard input comes from. */
export type CommandInput =
  | { readonly kind: "inherited" }
  /** A heredoc, a here-string or an `echo` in front of the pipe. */
  | { readonly kind: "text"; readonly text: string; readonly isHeredoc: boolean }
  | { readonly kind: "pipe"; readonly isRemote: boolean };

/** One program run, as the rules see it. */
export interface Invocation {
  /** Name without directories, in lower case. */
  readonly program: string;
  /** The first field as it was written. */
  readonly programText: string;
  readonly fields: readonly Field[];
  readonly args: readonly string[];
  /** Programs that run it, outermost first. */
  readonly wrappedBy: readonly string[];
  readonly input: CommandInput;
  /** Files that its output is redirected to. */
  readonly redirectedTo: readonly string[];
  readonly isBackground: boolean;
  /** Whether the code around it changed where a `hermes` finds its configuration. */
  readonly hasOtherHome: boolean;
  readonly places: Places;
}

/** The facts of an invocation besides its words. */
export type Surroundings = Pick<
  Invocation,
  "input" | "redirectedTo" | "isBackground" | "hasOtherHome" | "places" | "wrappedBy"
>;

/** More wrappers than this around a program hide it. */
export const maxWrappers = 32;

/**
 * The invocations that a list of fields stands for: the program itself and, where it is a wrapper, what it runs.
 * Outermost first, at most `maxWrappers`; a wrapper's command has its input and redirections. Without fields one of
 * no program, for what a bare redirection does.
 */
export function invocationsOf(
  fields: readonly Field[],
  surroundings: Surroundings,
): readonly Invocation[] {
  const found: Invocation[] = [];
  const wrappedBy = [...surroundings.wrappedBy];
  let { hasOtherHome } = surroundings;
  let rest = fields;
  // Each round drops at least the wrapper's own name.
  while (found.length < maxWrappers) {
    const programText = rest[0]?.text ?? "";
    const operands = rest.slice(1);
    const program = basename(programText).toLowerCase();
    const args = operands.map((field) => field.text);
    found.push({
      ...surroundings,
      program,
      programText,
      fields: operands,
      args,
      wrappedBy: wrappedBy.slice(),
      hasOtherHome,
    });
    const wrapper = Object.hasOwn(wrappers, program) ? wrappers[program] : undefined;
    const start = wrapper && commandStart(args, wrapper);
    if (start === undefined) break;
    hasOtherHome ||= wrapper?.takesAssignments === true && movesHome(args.slice(0, start), wrapper);
    wrappedBy.push(program);
    rest = operands.slice(start);
  }
  return found;
}

/** Index of the wrapped command's program; undefined when nothing is run. */
function commandStart(args: readonly string[], wrapper: Wrapper): number | undefined {
  let start = countOptions(args, wrapper);
  const { options } = sortArguments(args.slice(0, start), wrapper);
  if (wrapper.inert?.some((option) => options.includes(option))) return undefined;
  if (args[start] === "-") start++;
  if (wrapper.takesAssignments) {
    while (/^[A-Za-z_]\w*=/.test(args[start] ?? "")) start++;
  }
  start += wrapper.operands ?? 0;
  return start < args.length ? start : undefined;
}

/** Whether the arguments of `env` or one of its kin change or drop a variable that `hermes` finds its home with. */
function movesHome(args: readonly string[], wrapper: Wrapper): boolean {
  const { options, operands, valueList } = sortArguments(args, wrapper);
  if (options.includes("i") || options.includes("--ignore-environment")) return true;
  const dropped = valueList.map(([, value]) => value);
  const assigned = operands.map((operand) => operand.split("=", 1)[0] ?? "");
  return [...dropped, ...assigned].some((name) => name === "-" || homeVariables.includes(name));
}

/** Whether an invocation only prints how it is used. */
export function asksForHelp(invocation: Invocation): boolean {
  return invocation.args.some((arg) => arg === "--help" || arg === "--version");
}
