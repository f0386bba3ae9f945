import { unknownText } from "../expand_word.ts";
import { asksForHelp, type Invocation } from "../invocation.ts";
import { sortArguments } from "../options.ts";
import { absolutePath, isBlockDevice, isVital } from "../protected_paths.ts";
import { writtenPaths } from "../written_paths.ts";
import { dangerous, forbidden, type Rule } from "./rule.ts";

/** What no approval can allow: it takes the machine or all of a home with it. */
export const hardlineRules: readonly Rule[] = [
  forbidden("delete of a system or home directory", ["rm"], (invocation) =>
    pathsOf(invocation).some((path) => isVital(path, invocation.places)),
  ),
  forbidden("format of a disk", ["mkfs", "newfs"], (invocation) =>
    formatTargets(invocation).some((target) => target.startsWith("/dev/") || isUnknown(target)),
  ),
  dangerous("format filesystem", ["mkfs", "newfs"], (invocation) =>
    formatTargets(invocation).some((target) => !target.startsWith("/dev/") && !isUnknown(target)),
  ),
  forbidden("write to a disk device", ["blkdiscard", "shred", "wipefs"], (invocation) =>
    pathsOf(invocation).some(isBlockDevice),
  ),
  forbidden("signal to all processes", ["kill"], ({ args }) => signalsEverybody(args)),
  forbidden("shutdown or reboot", ["halt", "poweroff", "reboot", "shutdown"], isEarnest),
  forbidden("shutdown or reboot", ["init", "telinit"], ({ args }) =>
    args.some((arg) => arg === "0" || arg === "6"),
  ),
  forbidden("shutdown or reboot", ["systemctl"], ({ args }) => {
    const [verb] = sortArguments(args, systemctlSyntax).operands;
    return verb !== undefined && ["halt", "kexec", "poweroff", "reboot"].includes(verb);
  }),
];

/** What is checked of every program: where its output goes. */
export const hardlineWriteRule: Rule = forbidden("write to a disk device", [], (invocation) =>
  writtenPaths(invocation).some(({ text }) => {
    const path = absolutePath(text, invocation.places);
    return path !== undefined && isBlockDevice(path);
  }),
);

/** How `systemctl` reads its options. */
export const systemctlSyntax = { valued: "HMnopst" };

function isEarnest(invocation: Invocation): boolean {
  return !asksForHelp(invocation);
}

function isUnknown(text: string): boolean {
  return text.includes(unknownText);
}

/** The operands as absolute paths, as far as they can be known. */
function pathsOf(invocation: Invocation): readonly string[] {
  if (asksForHelp(invocation)) return [];
  return sortArguments(invocation.args).operands.flatMap(
    (operand) => absolutePath(operand, invocation.places) ?? [],
  );
}

function formatTargets(invocation: Invocation): readonly string[] {
  if (asksForHelp(invocation)) return [];
  const { options, operands } = sortArguments(invocation.args, { valued: "bCDEGgIiJLlmMNOorTtUz" });
  return options.includes("V") ? [] : operands;
}

/** `kill -9 -1`: process id -1 is everybody (POSIX kill); `kill -1 123` is a plain SIGHUP. */
function signalsEverybody(args: readonly string[]): boolean {
  const [first, second] = args;
  if (first === "-s" || first === "-n") return args.slice(2).includes("-1");
  const takesSignal = first !== undefined && first !== "--" && /^-(?:\d+|[A-Za-z]\w*)$/.test(first);
  const operands = takesSignal ? args.slice(1) : args;
  return operands.includes("-1") || (first === "-1" && second === undefined);
}
