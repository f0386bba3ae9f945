import type { ErrorCode } from "../core/errors.ts";

/** Who was asked for what. */
export interface Subject {
  readonly provider: string;
  readonly model: string;
  /** Where the key comes from: `environment OPENAI_API_KEY`. */
  readonly keyOrigin?: string;
  /** Whether no key was sent, since none was needed as far as is known here. */
  readonly isWithoutKey?: boolean;
}

/**
 * What can be done next about a failure, beyond telling it. `retry`: the same again, later; `rotate`: with another
 * credential; `fallback`: with another model; `compress`: with a shorter history; the others: once more, changed so.
 */
export type Recovery =
  | "none"
  | "retry"
  | "rotate"
  | "fallback"
  | "compress"
  | "lower-output-limit"
  | "strip-images"
  | "shrink-images"
  | "strip-grammar"
  | "strip-thinking"
  | "drop-encrypted-reasoning";

interface VerdictRow {
  readonly code: ErrorCode;
  /** Whether the same request may succeed later without a change. */
  readonly retryable: boolean;
  readonly recovery: Recovery;
  readonly say: (subject: Subject) => string;
  readonly hint: (subject: Subject) => string;
}

const chooseModel = "choose another model: hermes model list";
const checkAddress = "check the address: hermes config set model.base_url URL";

/** What a failure comes down to, and how it is told. */
const verdicts = {
  keyRejected: {
    code: "auth/rejected",
    retryable: false,
    recovery: "rotate",
    say: ({ provider, isWithoutKey }) =>
      isWithoutKey ? `${provider} wants a key` : `${provider} rejected the key`,
    hint({ provider, keyOrigin, isWithoutKey }) {
      if (isWithoutKey) return "name the variable of its key: key_env in custom_providers";
      return keyOrigin === undefined
        ? `set the variable of ${provider}'s key to a valid one; hermes doctor names it`
        : `replace the key in: ${keyOrigin}`;
    },
  },
  notEntitled: {
    code: "auth/not_entitled",
    retryable: false,
    recovery: "fallback",
    say: ({ provider, model }) => `The account at ${provider} may not use ${model}`,
    hint: ({ provider }) => `check the subscription at ${provider}, or ${chooseModel}`,
  },
  rateLimited: {
    code: "model/rate_limited",
    retryable: true,
    recovery: "retry",
    say: ({ provider, model }) => `${provider} limits the rate of requests to ${model}`,
    hint: () => `try again later, or ${chooseModel}`,
  },
  quotaUsedUp: {
    code: "model/quota",
    retryable: false,
    recovery: "rotate",
    say: ({ provider, model }) => `The account at ${provider} has no quota left for ${model}`,
    hint: ({ provider }) => `check plan and credit at ${provider}, or ${chooseModel}`,
  },
  modelMissing: {
    code: "model/not_found",
    retryable: false,
    recovery: "fallback",
    say: ({ provider, model }) => `${provider} has no model ${model}`,
    hint: () => chooseModel,
  },
  routingForbidden: {
    code: "model/not_found",
    retryable: false,
    recovery: "none",
    say: ({ provider, model }) =>
      `The account's data policy at ${provider} leaves no host for ${model}`,
    hint: ({ provider }) => `change the data policy at ${provider}, or ${chooseModel}`,
  },
  // An address that answers 404 once answers so again: a mistyped base URL must not cost three waits.
  addressMissing: {
    code: "model/not_found",
    retryable: false,
    recovery: "fallback",
    say: ({ provider, model }) =>
      `${provider} has nothing at the address that ${model} was asked at`,
    hint: () => checkAddress,
  },
  promptTooLong: {
    code: "model/context_overflow",
    retryable: false,
    recovery: "compress",
    say: ({ provider, model }) => `The prompt is too long for ${model} at ${provider}`,
    hint: () => `start a new session, or ${chooseModel}`,
  },
  /** A guess, so the same prompt is worth another attempt. */
  cutForSize: {
    code: "model/context_overflow",
    retryable: true,
    recovery: "compress",
    say: ({ provider, model }) =>
      `${provider} closed the connection, probably because the prompt is too long for ${model}`,
    hint: () => `start a new session, or ${chooseModel}`,
  },
  // The prompt fits, and what the model may say beside it does not.
  outputTooLong: {
    code: "model/context_overflow",
    retryable: false,
    recovery: "lower-output-limit",
    say: ({ provider, model }) =>
      `The output limit is too large for ${model} at ${provider} with this prompt`,
    hint: () => "lower it: hermes config set model.max_tokens N",
  },
  imagesRejected: {
    code: "model/bad_request",
    retryable: false,
    recovery: "strip-images",
    say: ({ provider, model }) => `${provider} takes no such image for ${model}`,
    hint: () => `leave the image out, or ${chooseModel}`,
  },
  imageTooLarge: {
    code: "model/bad_request",
    retryable: false,
    recovery: "shrink-images",
    say: ({ provider, model }) => `An image is too large for ${model} at ${provider}`,
    hint: () => "attach a smaller image",
  },
  grammarRejected: {
    code: "model/bad_request",
    retryable: false,
    recovery: "strip-grammar",
    say: ({ provider, model }) =>
      `${provider} cannot make a grammar for ${model} of the tools' schemas`,
    hint: () => `update the server, or ${chooseModel}`,
  },
  thinkingRejected: {
    code: "model/bad_request",
    retryable: false,
    recovery: "strip-thinking",
    say: ({ provider, model }) => `${provider} rejected earlier reasoning of ${model}`,
    hint: () => "start a new session",
  },
  // Where none was sent, the server may read better the next time.
  encryptedReasoningRejected: {
    code: "model/bad_request",
    retryable: true,
    recovery: "drop-encrypted-reasoning",
    say: ({ provider, model }) => `${provider} cannot read earlier reasoning of ${model}`,
    hint: () => "start a new session",
  },
  contentPolicy: {
    code: "model/content_policy",
    retryable: false,
    recovery: "fallback",
    say: ({ provider, model }) =>
      `${provider} refused the request to ${model} by its content policy`,
    hint: () => `rephrase the request, or ${chooseModel}`,
  },
  requestRejected: {
    code: "model/bad_request",
    retryable: false,
    recovery: "fallback",
    say: ({ provider, model }) => `${provider} rejected the request to ${model}`,
    hint: () => `check the settings of the endpoint: hermes config check, or ${chooseModel}`,
  },
  overloaded: {
    code: "model/overloaded",
    retryable: true,
    recovery: "retry",
    say: ({ provider, model }) => `${provider} is overloaded and did not run ${model}`,
    hint: () => `try again later, or ${chooseModel}`,
  },
  serverFailed: {
    code: "model/server_error",
    retryable: true,
    recovery: "retry",
    say: ({ provider, model }) => `${provider} failed to run ${model}`,
    hint: () => `try again later, or ${chooseModel}`,
  },
  timedOut: {
    code: "network/timeout",
    retryable: true,
    recovery: "retry",
    say: ({ provider, model }) => `${provider} did not answer for ${model} in time`,
    hint: () => "try again later",
  },
  unreachable: {
    code: "network/unreachable",
    retryable: true,
    recovery: "retry",
    say: ({ provider, model }) => `Cannot reach ${provider} for ${model}`,
    hint: () => `check the network, the proxy if there is one, or ${checkAddress}`,
  },
  proxyRefused: {
    code: "network/unreachable",
    retryable: false,
    recovery: "none",
    say: ({ provider, model }) => `Cannot reach ${provider} for ${model} through the proxy`,
    hint: () => "check HTTPS_PROXY and NO_PROXY",
  },
  disconnected: {
    code: "network/unreachable",
    retryable: true,
    recovery: "retry",
    say: ({ provider, model }) => `The connection to ${provider} broke while asking ${model}`,
    hint: () => "check the network and try again",
  },
  certificateRejected: {
    code: "network/tls",
    retryable: false,
    recovery: "none",
    say: ({ provider, model }) => `The certificate of ${provider} for ${model} is not trusted`,
    hint: () => `name the authority in NODE_EXTRA_CA_CERTS, or ${checkAddress}`,
  },
  tlsDamaged: {
    code: "network/tls",
    retryable: true,
    recovery: "retry",
    say: ({ provider, model }) =>
      `The encrypted connection to ${provider} for ${model} was damaged`,
    hint: () => "check the network and try again",
  },
} as const satisfies Readonly<Record<string, VerdictRow>>;

export type Verdict = keyof typeof verdicts;

/** The row of a verdict. */
export function verdictRow(verdict: Verdict): VerdictRow {
  return verdicts[verdict];
}
