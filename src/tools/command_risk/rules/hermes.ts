import { unknownText } from "../expand_word.ts";
import { type HermesArguments, type HermesCall, readHermesCall } from "../hermes_call.ts";
import type { Invocation } from "../invocation.ts";
import { dangerous, type Rule } from "./rule.ts";

/** What a `hermes` that a command starts could allow itself, or take from the person whose sessions these are. */
export const hermesRules: readonly Rule[] = [
  hermesRule(
    "hermes turn that allows itself what is dangerous",
    (call) => (call.kind === "turn" || call.kind === "interactive") && approves(call.arguments),
  ),
  hermesRule(
    "hermes turn with the rules of another home",
    (call, { hasOtherHome }) =>
      call.kind === "turn" &&
      (hasOtherHome || call.arguments.values.some(([option]) => option === "--profile")),
  ),
  // On a terminal that a command made for it, nobody but the command could answer its questions.
  hermesRule(
    "interactive hermes session",
    (call) => call.kind === "interactive" && !approves(call.arguments),
  ),
  hermesRule(
    "change of the configuration of hermes",
    (call) =>
      isCommand(call, "config", ["edit", "set", "unset"]) ||
      isCommand(call, "model", ["set"]) ||
      isCommand(call, "mcp", ["add", "login", "remove"]),
  ),
  hermesRule("change of the logins of hermes", (call) =>
    isCommand(call, "auth", ["add", "logout", "refresh", "remove", "reset"]),
  ),
  hermesRule(
    "change of the memory or the skills of hermes",
    (call) =>
      isCommand(call, "memory", ["approve", "reject", "reset"]) ||
      isCommand(call, "skills", ["approve", "reject", "remove"]),
  ),
  // What jobs do is done when nobody is there; the tool cronjob shows what it is about to change.
  hermesRule(
    "change or run of jobs of hermes",
    (call) => call.kind === "command" && call.name === "cron" && !harmlessJobVerbs.has(call.verb),
  ),
  hermesRule("delete hermes sessions", (call) =>
    isCommand(call, "sessions", ["delete", "prune", "rewind"]),
  ),
  hermesRule("hermes command that is only known at run time", (call) => call.kind === "unknown"),
];

/** Without one the jobs are listed. */
const harmlessJobVerbs: ReadonlySet<string> = new Set([
  "",
  "help",
  "history",
  "list",
  "show",
  "status",
]);

function hermesRule(
  key: string,
  applies: (call: HermesCall, invocation: Invocation) => boolean,
): Rule {
  return dangerous(key, ["hermes"], (invocation) => {
    // `xargs` adds arguments of its own.
    const isOpen = invocation.wrappedBy.includes("xargs");
    return applies(readHermesCall(invocation.args, { isOpen }), invocation);
  });
}

function isCommand(call: HermesCall, name: string, verbs: readonly string[]): boolean {
  return call.kind === "command" && call.name === name && verbs.includes(call.verb);
}

/** Keys of the configuration that say what is allowed, what is masked, what is started, and who gets which secret. */
const guardedKeys: ReadonlySet<string> = new Set([
  "approvals",
  "auxiliary",
  "command_allowlist",
  "custom_providers",
  "fallback_providers",
  "mcp_servers",
  "memory",
  "security",
  "skills",
  "terminal",
]);

function approves({ options, values }: HermesArguments): boolean {
  if (options.includes("--yolo")) return true;
  return values.some(([option, value]) => {
    switch (option) {
      case "--allow":
        return true;
      case "--approval":
        return value === "yolo" || value === "smart" || value.includes(unknownText);
      case "--set": {
        const [key = ""] = value.split("=", 1);
        // Segments may be quoted.
        const section = key.replaceAll('"', "").split(".", 1)[0] ?? "";
        return section.includes(unknownText) || guardedKeys.has(section.trim());
      }
      default:
        return false;
    }
  });
}
