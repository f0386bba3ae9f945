import { sortArguments } from "../options.ts";
import { isOutside } from "../protected_paths.ts";
import { dangerous, type Rule } from "./rule.ts";

/** Deleting files and opening them to everybody. */
export const fileRules: readonly Rule[] = [
  dangerous("delete in root path", ["rm"], ({ args }) =>
    sortArguments(args).operands.some(isOutside),
  ),
  dangerous("recursive delete", ["rm"], ({ args }) => isRecursive(args)),
  dangerous("find -delete", ["find"], ({ args }) => args.includes("-delete")),
  dangerous("disk copy", ["dd"], ({ args }) => args.some((arg) => arg.startsWith("if="))),
  dangerous("world/other-writable permissions", ["chmod"], ({ args }) =>
    args.some(opensToEverybody),
  ),
  dangerous(
    "recursive chown to root",
    ["chown"],
    ({ args }) => isRecursive(args) && args.some((arg) => /^(?:root|0)(?::[\w-]*)?$/.test(arg)),
  ),
];

function isRecursive(args: readonly string[]): boolean {
  const { options } = sortArguments(args);
  return options.some((option) => option === "r" || option === "R" || option === "--recursive");
}

/** Whether a mode lets others write: an octal one with that bit, or `o+w`, `a=rw` and their kin. */
function opensToEverybody(mode: string): boolean {
  if (/^[0-7]{3,4}$/.test(mode)) return (Number(mode.at(-1)) & 2) !== 0;
  if (mode.length > 64) return false;
  return mode
    .split(",")
    .some((clause) => /^[ugoa]*[oa][ugoa]*[+=][rxXst]*w[rwxXst]*$/.test(clause));
}
