import { HermesError } from "../core/errors.ts";
import { didYouMean } from "../core/did_you_mean.ts";

/** Flags as the parser collected them, by camel-case name; what it holds is checked by the readers below. */
export type FlagValues = Readonly<Record<string, unknown>>;

/** A failure of the way a command was called. */
export function usageError(message: string, hint: string, cause?: unknown): HermesError {
  return new HermesError("usage/invalid", message, { hint, cause });
}

/** Whether a flag without a value was given. */
export function switchFlag(flags: FlagValues, name: string): boolean {
  return flags[name] === true;
}

/** The value of a flag, or undefined when it was not given. */
export function textFlag(flags: FlagValues, name: string): string | undefined {
  const value = flags[name];
  return typeof value === "string" ? value : undefined;
}

/** The value of a flag that must not be empty. */
export function filledFlag(flags: FlagValues, name: string): string | undefined {
  const value = textFlag(flags, name);
  if (value?.trim() === "") {
    throw usageError(`${spell(name)} expects a value, it is empty`, `leave ${spell(name)} out`);
  }
  return value;
}

/** The values of a flag that may be repeated, in order. */
export function listFlag(flags: FlagValues, name: string): readonly string[] {
  const value = flags[name];
  if (!Array.isArray(value)) return [];
  return value.filter((entry) => typeof entry === "string");
}

/** The value of a flag that takes one word of a closed list. */
export function choiceFlag<Choice extends string>(
  flags: FlagValues,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const value = textFlag(flags, name);
  if (value === undefined) return undefined;
  const choice = choices.find((candidate) => candidate === value);
  if (choice !== undefined) return choice;
  const near = didYouMean(value, choices);
  throw usageError(
    `${spell(name)} expects one of ${choices.join(", ")}: ${value}`,
    near === undefined ? `pass one of ${choices.join(", ")}` : `did you mean ${near}?`,
  );
}

export interface NumberRange {
  readonly min: number;
  readonly max: number;
}

/** The value of a flag that takes a whole number. */
export function integerFlag(
  flags: FlagValues,
  name: string,
  range: NumberRange,
): number | undefined {
  return numberInRange(flags, name, { ...range, pattern: /^[+-]?\d+$/, kind: "a whole number" });
}

/** The value of a flag that takes a number, fractions allowed. */
export function numberFlag(
  flags: FlagValues,
  name: string,
  range: NumberRange,
): number | undefined {
  return numberInRange(flags, name, {
    ...range,
    pattern: /^[+-]?(?:\d+\.?\d*|\.\d+)$/,
    kind: "a number",
  });
}

function numberInRange(
  flags: FlagValues,
  name: string,
  expected: NumberRange & { readonly pattern: RegExp; readonly kind: string },
): number | undefined {
  const text = textFlag(flags, name);
  if (text === undefined) return undefined;
  const value = expected.pattern.test(text.trim()) ? Number(text) : Number.NaN;
  const { min, max, kind } = expected;
  if (value >= min && value <= max) return value;
  throw usageError(
    `${spell(name)} expects ${kind} between ${min} and ${max}: ${text}`,
    `pass ${kind} between ${min} and ${max}`,
  );
}

/** A flag's name as it is typed: `maxTurns` is `--max-turns`. */
export function spell(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
