import { unknownText } from "./expand_word.ts";
import { type OptionSyntax, sortArguments } from "./options.ts";

/** Variables that decide whose configuration, and with it whose rules, a `hermes` reads. */
export const homeVariables: readonly string[] = ["HERMES_HOME", "HERMES_PROFILE", "HOME"];

/** How `hermes` reads its options. */
export const hermesSyntax: OptionSyntax = {
  valued: "fmnopqrst",
  // Where nothing is attached to `-z`, its prompt is an operand to us.
  attached: "z",
  valuedLong: [
    "--allow",
    "--api-key-env",
    "--approval",
    "--auth",
    "--base-url",
    "--context-from",
    "--cwd",
    "--deadline",
    "--deliver",
    "--env",
    "--exclude",
    "--format",
    "--header",
    "--http",
    "--image",
    "--include",
    "--label",
    "--limit",
    "--max-turns",
    "--model",
    "--name",
    "--older-than",
    "--output",
    "--output-last-message",
    "--output-schema",
    "--profile",
    "--prompt",
    "--provider",
    "--query",
    "--record",
    "--repeat",
    "--replay",
    "--require-mcp",
    "--resume",
    "--runtime",
    "--schedule",
    "--script",
    "--set",
    "--skills",
    "--source",
    "--timeout",
    "--timezone",
    "--title",
    "--to",
    "--token-file",
    "--toolsets",
    "--turns",
    "--type",
    "--url",
    "--workdir",
  ],
};

/** What a command line asks of `hermes`. */
export type HermesCall =
  | { readonly kind: "turn"; readonly arguments: HermesArguments }
  | { readonly kind: "interactive"; readonly arguments: HermesArguments }
  /** One of its other commands: `config set`; `verb` is empty where there is none. */
  | { readonly kind: "command"; readonly name: string; readonly verb: string }
  /** Which of these it is comes out when it runs. */
  | { readonly kind: "unknown" }
  /** Help or the version. */
  | { readonly kind: "information" };

/** The options of a turn. */
export interface HermesArguments {
  readonly options: readonly string[];
  /** Options with their values, in order. */
  readonly values: readonly (readonly [string, string])[];
}

/** Commands that have commands of their own. */
const groups: ReadonlySet<string> = new Set([
  "auth",
  "codex",
  "config",
  "cron",
  "mcp",
  "memory",
  "model",
  "sessions",
  "skills",
]);

/** Reads the arguments of a `hermes`; more may follow that are not known. */
export function readHermesCall(
  args: readonly string[],
  { isOpen }: { readonly isOpen: boolean },
): HermesCall {
  const sorted = sortArguments(args, hermesSyntax);
  const { options } = sorted;
  if (options.includes("--help")) return { kind: "information" };
  const operands = isOpen ? [...sorted.operands, unknownText] : sorted.operands;
  const [name = "", verb = ""] = operands;
  const turn: HermesArguments = { options, values: sorted.valueList };
  if (options.includes("z") || options.includes("--oneshot")) {
    // One of them is the prompt, and nothing else may stand there.
    const isUnknown = operands.length > 1 && operands.some(isUnknownText);
    return isUnknown ? { kind: "unknown" } : { kind: "turn", arguments: turn };
  }
  if (isUnknownText(name)) return { kind: "unknown" };
  if (name === "chat") {
    if (isUnknownText(verb)) return { kind: "unknown" };
    const isTurn = options.includes("q") || options.includes("--query");
    return { kind: isTurn ? "turn" : "interactive", arguments: turn };
  }
  if (name !== "") {
    const isUnknown = groups.has(name) && isUnknownText(verb);
    return isUnknown ? { kind: "unknown" } : { kind: "command", name, verb };
  }
  const isVersion = options.includes("V") || options.includes("--version");
  return isVersion || options.includes("h")
    ? { kind: "information" }
    : { kind: "interactive", arguments: turn };
}

function isUnknownText(text: string): boolean {
  return text.includes(unknownText);
}
