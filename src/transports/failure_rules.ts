import * as network from "./failure_network.ts";
import * as say from "./failure_phrases.ts";
import type { Phrase } from "./failure_phrases.ts";
import type { Verdict } from "./failure_verdicts.ts";

/** One status, `4xx` / `5xx` for every one of the class, `none` for a failure without an HTTP answer. */
type StatusPattern = number | "4xx" | "5xx" | "none";

/** Everything that rules look at, lower case where it is text. */
export interface FailureFacts {
  readonly status: number | undefined;
  readonly codes: readonly string[];
  readonly text: string;
  /** Names of the errors that caused it: `econnrefused`. */
  readonly errnos: readonly string[];
  readonly provider: string;
  /** The body said next to nothing. */
  readonly isVague: boolean;
  /** A prompt so large that a vague refusal is about its size. */
  readonly isLarge: boolean;
  /** So large that a cut connection is about its size. */
  readonly isVeryLarge: boolean;
}

/** One line of the decision list: all given conditions hold; of codes, phrases and errnos any one is enough. */
interface Rule {
  readonly verdict: Verdict;
  readonly status?: readonly StatusPattern[];
  readonly providers?: readonly string[];
  readonly codes?: readonly string[];
  readonly phrases?: readonly Phrase[];
  readonly errnos?: readonly string[];
  /** Words that must occur as well. */
  readonly also?: readonly Phrase[];
  readonly when?: "vague and large" | "very large";
}

const quota = { codes: say.quotaCodes, phrases: say.quotaPhrases };
const rate = { codes: say.rateCodes, phrases: say.ratePhrases };
const key = { codes: say.keyCodes, phrases: say.keyPhrases };
const modelMissing = { codes: say.modelMissingCodes, phrases: say.modelMissingPhrases };
const overflow = { codes: say.overflowCodes, phrases: say.overflowPhrases };
const encryptedContent = {
  codes: say.encryptedContentCodes,
  phrases: say.encryptedContentPhrases,
};
const validation = { codes: say.validationCodes, phrases: say.validationPhrases };

/** The decision list: the first rule that holds decides. Its order is its meaning. */
const rules: readonly Rule[] = [
  // Certain whatever the status, which is a proxy's and not the server's.
  { verdict: "proxyRefused", status: ["4xx"], errnos: network.proxyErrnos },
  { verdict: "proxyRefused", status: ["none"], phrases: network.proxyPhrases },
  { verdict: "proxyRefused", status: [407] },
  { verdict: "proxyRefused", errnos: network.proxyAddressErrnos },
  { verdict: "unreachable", errnos: network.proxyErrnos },

  // Certain whatever the status.
  { verdict: "contentPolicy", codes: say.contentPolicyCodes, phrases: say.contentPolicyPhrases },
  { verdict: "thinkingRejected", status: [400], phrases: say.thinkingPhrases },
  { verdict: "promptTooLong", status: [429], phrases: say.longContextTierPhrases },
  { verdict: "requestRejected", status: [400], phrases: say.longContextBetaPhrases },
  { verdict: "grammarRejected", status: [400, 500, "none"], phrases: say.grammarPhrases },
  { verdict: "keyRejected", status: [401, 403, "none"], phrases: say.tokenProblemPhrases },
  { verdict: "notEntitled", codes: say.entitlementCodes, phrases: say.entitlementPhrases },
  // xAI says of spent credits, too, that the caller has no permission.
  { verdict: "quotaUsedUp", status: [403], ...quota },
  { verdict: "notEntitled", status: [401, 403, "none"], phrases: say.permissionPhrases },

  // Images, wherever a refusal of them is put.
  { verdict: "imageTooLarge", status: [400, 413, 422, "none"], phrases: say.imageSizePhrases },
  {
    verdict: "imagesRejected",
    status: [400, 404, 415, 422, 500, "none"],
    phrases: say.imagePhrases,
  },
  { verdict: "encryptedReasoningRejected", status: [400, 422, "none"], ...encryptedContent },

  // The door. Some gateways say 401 of an account without credit.
  { verdict: "quotaUsedUp", status: [401], codes: say.quotaCodes },
  { verdict: "keyRejected", status: [401] },
  {
    verdict: "rateLimited",
    status: [402],
    phrases: say.usageLimitPhrases,
    also: say.transientPhrases,
  },
  { verdict: "quotaUsedUp", status: [402] },
  { verdict: "rateLimited", status: [403], ...rate },
  { verdict: "notEntitled", status: [403], providers: say.subscriptionProviders },
  { verdict: "keyRejected", status: [403], ...key },
  { verdict: "modelMissing", status: [403], codes: say.modelMissingCodes },
  { verdict: "notEntitled", status: [403] },

  // What was asked for.
  { verdict: "quotaUsedUp", status: [404], ...quota },
  { verdict: "routingForbidden", status: [404], phrases: say.routingPolicyPhrases },
  { verdict: "modelMissing", status: [404], ...modelMissing },
  { verdict: "addressMissing", status: [404, 405] },
  { verdict: "timedOut", status: [408] },
  { verdict: "promptTooLong", status: [413] },

  // How often. A code of a spent quota is certain; its words also stand in limits that lift within a minute.
  { verdict: "quotaUsedUp", status: [429], codes: say.quotaCodes },
  { verdict: "overloaded", status: [429], codes: say.overloadedCodes },
  { verdict: "promptTooLong", status: [429], phrases: say.oversizedRequestPhrases },
  { verdict: "quotaUsedUp", status: [429], phrases: say.planLimitPhrases },
  { verdict: "rateLimited", status: [429], phrases: say.transientPhrases },
  { verdict: "quotaUsedUp", status: [429], phrases: say.quotaPhrases },
  { verdict: "overloaded", status: [429], phrases: say.overloadedPhrases },
  { verdict: "rateLimited", status: [429] },

  // The server's own trouble, and requests that it chokes on.
  { verdict: "modelMissing", status: [503], codes: say.modelMissingCodes },
  // 498 is Groq's word for a full service tier.
  { verdict: "overloaded", status: [498, 503, 529] },
  { verdict: "quotaUsedUp", status: [500, 502], ...quota },
  { verdict: "requestRejected", status: [500, 502], ...validation },
  { verdict: "requestRejected", status: [500], phrases: say.hopelessPhrases },
  { verdict: "promptTooLong", status: [500], ...overflow },
  { verdict: "timedOut", status: [504, 524] },
  { verdict: "serverFailed", status: ["5xx"] },

  // A bad request. Rejected fields come before sizes: `unsupported parameter: max_tokens` is not about a size.
  { verdict: "serverFailed", status: [400], codes: say.brokenCallCodes },
  { verdict: "requestRejected", status: [400, 422], ...validation },
  { verdict: "outputTooLong", status: [400, 422], phrases: say.outputLimitPhrases },
  { verdict: "promptTooLong", status: [400, 422], ...overflow },
  { verdict: "routingForbidden", status: [400], phrases: say.routingPolicyPhrases },
  { verdict: "modelMissing", status: [400, 422], ...modelMissing },
  { verdict: "rateLimited", status: [400], ...rate },
  { verdict: "quotaUsedUp", status: [400], ...quota },
  { verdict: "keyRejected", status: [400], ...key },
  { verdict: "promptTooLong", status: [400], when: "vague and large" },
  { verdict: "requestRejected", status: ["4xx"] },

  // No status: error frames within a stream, then failures of the network.
  { verdict: "certificateRejected", errnos: network.certificateErrnos },
  { verdict: "unreachable", errnos: network.unreachableErrnos },
  { verdict: "quotaUsedUp", codes: say.quotaCodes },
  { verdict: "rateLimited", codes: say.rateCodes },
  { verdict: "rateLimited", errnos: ["ratelimiterror"] },
  { verdict: "outputTooLong", phrases: say.outputLimitPhrases },
  { verdict: "promptTooLong", codes: say.overflowCodes },
  { verdict: "requestRejected", codes: say.validationCodes },
  { verdict: "modelMissing", codes: say.modelMissingCodes },
  { verdict: "keyRejected", codes: say.keyCodes },
  { verdict: "notEntitled", codes: say.forbiddenCodes },
  { verdict: "overloaded", codes: say.overloadedCodes },
  { verdict: "promptTooLong", phrases: say.payloadPhrases },
  { verdict: "quotaUsedUp", phrases: say.planLimitPhrases },
  { verdict: "rateLimited", phrases: say.usageLimitPhrases, also: say.transientPhrases },
  { verdict: "quotaUsedUp", phrases: say.quotaPhrases },
  { verdict: "rateLimited", phrases: say.ratePhrases },
  { verdict: "requestRejected", phrases: say.validationPhrases },
  { verdict: "promptTooLong", phrases: say.overflowPhrases },
  { verdict: "keyRejected", phrases: say.keyPhrases },
  { verdict: "keyRejected", phrases: say.authPhrases },
  { verdict: "routingForbidden", phrases: say.routingPolicyPhrases },
  { verdict: "modelMissing", phrases: say.modelMissingPhrases },
  { verdict: "overloaded", phrases: say.overloadedPhrases },
  { verdict: "certificateRejected", phrases: network.certificatePhrases },
  // Damaged records are never about the prompt's size, cut connections may be.
  { verdict: "tlsDamaged", errnos: network.tlsNoiseErrnos, phrases: network.tlsNoisePhrases },
  {
    verdict: "cutForSize",
    errnos: network.disconnectErrnos,
    phrases: network.disconnectPhrases,
    when: "very large",
  },
  { verdict: "unreachable", phrases: network.unreachablePhrases },
  { verdict: "timedOut", errnos: network.timeoutErrnos, phrases: network.timeoutPhrases },
  { verdict: "disconnected", errnos: network.disconnectErrnos, phrases: network.disconnectPhrases },
  { verdict: "serverFailed" },
];

/** What a failure is, by the first rule that holds. */
export function decide(facts: FailureFacts): Verdict {
  return rules.find((rule) => holds(rule, facts))?.verdict ?? "serverFailed";
}

/** Whether one of the phrases occurs in the (lower-case) text. */
export function saysAny(text: string, phrases: readonly Phrase[]): boolean {
  return phrases.some((phrase) =>
    typeof phrase === "string"
      ? text.includes(phrase)
      : phrase.every((part) => text.includes(part)),
  );
}

function holds(rule: Rule, facts: FailureFacts): boolean {
  if (rule.status !== undefined && !rule.status.some((one) => fits(one, facts.status)))
    return false;
  if (rule.providers !== undefined && !rule.providers.includes(facts.provider)) return false;
  if (rule.also !== undefined && !saysAny(facts.text, rule.also)) return false;
  if (rule.when === "vague and large" && !(facts.isVague && facts.isLarge)) return false;
  if (rule.when === "very large" && !facts.isVeryLarge) return false;
  if (rule.codes === undefined && rule.phrases === undefined && rule.errnos === undefined)
    return true;
  return (
    facts.codes.some((code) => rule.codes?.includes(code)) ||
    facts.errnos.some((name) => rule.errnos?.includes(name)) ||
    saysAny(facts.text, rule.phrases ?? [])
  );
}

function fits(pattern: StatusPattern, status: number | undefined): boolean {
  if (pattern === "none") return status === undefined;
  if (pattern === "4xx") return status !== undefined && status >= 400 && status < 500;
  if (pattern === "5xx") return status !== undefined && status >= 500 && status < 600;
  return pattern === status;
}
