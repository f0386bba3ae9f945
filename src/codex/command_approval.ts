import * as z from "zod";
import type { ApprovalRequest, ApprovalVerdict } from "../core/approval.ts";
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import type { AnswerFacts, AnswerPlan } from "./answer_plan.ts";
import { approvalPlan, type VerdictAnswers } from "./approval_plan.ts";
import { permissionTexts } from "./permission_text.ts";
import { shellText } from "../core/shell_text.ts";
import { shownCommand } from "./shown_command.ts";

const jsonObject = z.custom<JsonObject>((value) => isJsonObject(value));

/** Of `item/commandExecution/requestApproval`; what a version does not know is absent or null. */
const commandParams = z.looseObject({
  itemId: z.string(),
  approvalId: z.string().nullish(),
  /** `command`, `writeStdin`, `humanCommand`. */
  kind: z.string().nullish(),
  command: z.string().nullish(),
  cwd: z.string().nullish(),
  reason: z.string().nullish(),
  additionalPermissions: jsonObject.nullish(),
  networkApprovalContext: z.looseObject({ host: z.string(), protocol: z.string() }).nullish(),
  proposedExecpolicyAmendment: z.array(z.string()).nullish(),
  proposedNetworkPolicyAmendments: z
    .array(z.looseObject({ action: z.string(), host: z.string() }))
    .nullish(),
  availableDecisions: z.array(z.unknown()).nullish(),
});

type CommandParams = z.infer<typeof commandParams>;

/** A command as it is shown and judged. */
interface Command {
  readonly command: string;
  readonly cwd: string;
}

const accept: JsonObject = { decision: "accept" };
const acceptForSession: JsonObject = { decision: "acceptForSession" };
const decline: JsonObject = { decision: "decline" };
const cancel: JsonObject = { decision: "cancel" };

/** Asks whether a command may run. One that cannot be shown is declined: nobody can judge it. */
export function planCommandApproval(params: Json, facts: AnswerFacts): AnswerPlan {
  const parsed = commandParams.safeParse(params);
  const shown = parsed.success ? commandOf(parsed.data, facts) : undefined;
  if (!parsed.success || !shown) return { kind: "answer", result: decline };
  const asked = parsed.data;
  const plan = approvalPlan(
    {
      subject: subjectOf(asked, shown, facts),
      reason: reasonOf(asked, facts),
      key: keyOf(asked, shown),
    },
    {
      once: accept,
      session: canKeepForSession(asked) ? acceptForSession : undefined,
      always: alwaysOf(asked, shown),
      deny: decline,
      cancel,
    },
  );
  if (asked.kind !== "humanCommand") return plan;
  // A checkpoint that codex's administrator set: no rule may take the person's place.
  return {
    ...plan,
    answer: (verdict: ApprovalVerdict) => (verdict.by === "user" ? plan.answer(verdict) : decline),
  };
}

/** Input for a program that runs is no command: what may be run is not what may be typed into it. */
function subjectOf(
  { kind, itemId }: CommandParams,
  shown: Command,
  facts: AnswerFacts,
): ApprovalRequest["subject"] {
  if (kind !== "writeStdin") return { kind: "command", ...shown };
  const running = facts.commandOf(itemId)?.command;
  return {
    kind: "tool",
    name: "write_stdin",
    arguments: { input: shown.command, ...(running === undefined ? {} : { command: running }) },
  };
}

function commandOf(asked: CommandParams, facts: AnswerFacts): Command | undefined {
  const { itemId, kind, networkApprovalContext: network } = asked;
  const known = facts.commandOf(itemId);
  const cwd = asked.cwd ?? known?.cwd ?? facts.cwd;
  const own = kind === "writeStdin" ? asked.command : asked.command && shownCommand(asked.command);
  // The announced item of an input is the program that reads it, which tells nothing of the input.
  const command = own || (kind === "writeStdin" ? undefined : known?.command);
  if (command?.trim()) return { command, cwd };
  return network ? { command: shellText(["network-access", addressOf(network)]), cwd } : undefined;
}

function reasonOf(asked: CommandParams, facts: AnswerFacts): string {
  const { kind, networkApprovalContext: network, additionalPermissions: permissions } = asked;
  const reason = asked.reason?.trim();
  const running = facts.commandOf(asked.itemId)?.command;
  const opened = permissions ? permissionTexts(permissions) : [];
  const parts = [
    kind === "humanCommand" ? "codex needs a person's word for it" : "",
    kind === "writeStdin" ? "codex wants to type this into a running command" : "",
    kind === "writeStdin" && running !== undefined ? `the running command is ${running}` : "",
    network ? `it wants to connect to ${addressOf(network)}` : "",
    permissions ? `it gets more than its sandbox allows: ${opened.join(", ") || "(nothing)"}` : "",
    reason ?? "",
  ].filter((part) => part !== "");
  return parts.join("; ") || "codex wants to run it outside its sandbox";
}

function keyOf(asked: CommandParams, { command, cwd }: Command): string {
  const { itemId, approvalId, kind, networkApprovalContext: network } = asked;
  if (kind === "humanCommand") return `codex checkpoint ${approvalId ?? itemId}`;
  if (network) return `codex network ${addressOf(network)}`;
  const question = [kind ?? "command", command, cwd, asked.additionalPermissions ?? null];
  return `codex command ${JSON.stringify(question)}`;
}

/**
 * Codex honours it for a plain command even where its list of decisions lacks it. What is more than a plain command is
 * kept only where codex lists it.
 */
function canKeepForSession(asked: CommandParams): boolean {
  const { kind, additionalPermissions, availableDecisions } = asked;
  if (kind === "humanCommand") return false;
  const isPlain = (kind ?? "command") === "command" && !additionalPermissions;
  return isPlain || (availableDecisions?.includes("acceptForSession") ?? false);
}

function alwaysOf(asked: CommandParams, shown: Command): VerdictAnswers["always"] {
  const { kind, networkApprovalContext: network, proposedExecpolicyAmendment: prefix } = asked;
  if (kind === "humanCommand") return undefined;
  if (network) {
    const amendment = asked.proposedNetworkPolicyAmendments?.find(
      ({ action, host }) => action === "allow" && host === network.host,
    );
    if (!amendment || !lists(asked, "applyNetworkPolicyAmendment")) return undefined;
    const { action, host } = amendment;
    return {
      answer: {
        decision: { applyNetworkPolicyAmendment: { network_policy_amendment: { action, host } } },
      },
      allows: `connections to ${host} ${keptByCodex}`,
    };
  }
  // A rule without words would allow everything.
  if (!prefix || prefix.length === 0) return undefined;
  if (!lists(asked, "acceptWithExecpolicyAmendment")) return undefined;
  return {
    answer: { decision: { acceptWithExecpolicyAmendment: { execpolicy_amendment: prefix } } },
    allows: `${allowedBy(prefix, shown)} ${keptByCodex}`,
  };
}

/** Other hermes sessions, and codex without hermes, have the rule as well. */
const keptByCodex = "(kept in codex's own rules)";

/** A rule that is a shell with its script has no other commands that start like it. */
function allowedBy(prefix: readonly string[], { command }: Command): string {
  const text = shellText(prefix);
  const script = shownCommand(text);
  const isThisCommand = script !== text && script === command;
  return isThisCommand ? "exactly this command" : `commands starting with ${text}`;
}

/** Whether codex offers a decision that carries something; without a list it offers all that it proposes. */
function lists({ availableDecisions }: CommandParams, decision: string): boolean {
  return (
    availableDecisions?.some((available) => isJsonObject(available) && decision in available) ??
    true
  );
}

function addressOf({
  protocol,
  host,
}: {
  readonly protocol: string;
  readonly host: string;
}): string {
  return `${protocol}://${host}`;
}
