/**
 * What providers say when they refuse, as data: words of their error messages and values of their `code` and `type`
 * fields, all in lower case. A phrase is one string, or several that must all occur.
 */
export type Phrase = string | readonly string[];

export const contentPolicyPhrases: readonly Phrase[] = [
  "flagged for possible cybersecurity risk",
  "trusted access for cyber",
  "violates our usage policies",
  "violates openai's usage policies",
  "violating our usage polic",
  "violates usage guidelines",
  "your request was flagged by",
  "your input was flagged for",
  "prompt was flagged by our safety",
  "responses cannot be generated due to safety",
  "limited access to this content for safety reasons",
  "content_filter",
  "content management policy",
  "responsibleaipolicyviolation",
  "content exists risk",
  "considered high risk",
  "不安全或敏感内容",
];

export const contentPolicyCodes: readonly string[] = [
  "content_filter",
  "content_policy_violation",
  "responsibleaipolicyviolation",
  "cyber_policy",
  "content_policy_violation_error",
  "data_inspection_failed",
  "datainspectionfailed",
];

/** A plan that pays extra for long prompts: the same prompt never gets through. */
export const longContextTierPhrases: readonly Phrase[] = [["extra usage", "long context"]];

/** The token is at fault although the status says "forbidden": a fresh one helps. */
export const tokenProblemPhrases: readonly Phrase[] = [
  "[wke=unauthenticated:",
  "oauth2 access token could not be validated",
];

/** The account is known and lacks the subscription. */
export const entitlementPhrases: readonly Phrase[] = [
  "do not have an active grok subscription",
  ["out of available resources", "grok"],
];

export const permissionPhrases: readonly Phrase[] = [["does not have permission", "grok"]];

export const entitlementCodes: readonly string[] = ["usage_not_included"];

/** Providers whose every refusal to a login means a missing subscription. */
export const subscriptionProviders: readonly string[] = ["xai-oauth"];

/** About the key itself; certain enough to be read on any status. */
export const keyPhrases: readonly Phrase[] = [
  "invalid api key",
  "incorrect api key",
  "api key not valid",
  "api key expired",
  "api key is invalid",
  "no auth credentials found",
  "missing api key",
  "you didn't provide an api key",
  "invalid authentication",
  "authentication fails",
  "token expired or incorrect",
];

export const keyCodes: readonly string[] = [
  "invalid_api_key",
  "api_key_invalid",
  "authentication_error",
  "invalid_authentication",
  "token_expired",
  "token_invalidated",
  "token_revoked",
  "unauthenticated",
  "unauthorized",
  "invalid_authentication_error",
  "incorrect_api_key_error",
];

/** Read only where no status says more. */
export const authPhrases: readonly Phrase[] = [
  "authentication",
  "unauthorized",
  "forbidden",
  "invalid token",
  "token expired",
  "token has expired",
  "token revoked",
  "access denied",
];

export const forbiddenCodes: readonly string[] = ["permission_denied", "permission_error"];

export const usageLimitPhrases: readonly Phrase[] = ["usage limit", "quota", "limit exceeded"];

/** What a plan allows in hours or days is used up: "wait" in such a message is no matter of a run. */
export const planLimitPhrases: readonly Phrase[] = [
  ["reached your", "usage limit"],
  "usage limit reached for",
  "hit your usage limit",
  ["已达到", "使用上限"],
];

/** The limit lifts by itself within the patience of a run. */
export const transientPhrases: readonly Phrase[] = [
  "try again",
  "resets at",
  "reset in",
  "wait",
  "retry",
  "window",
  "periodic",
  "requests remaining",
];

export const quotaPhrases: readonly Phrase[] = [
  "insufficient credits",
  "insufficient_quota",
  "insufficient balance",
  "balance is insufficient",
  "insufficient funds",
  "credit balance",
  "credits have been exhausted",
  "used all available credits",
  "out of credits",
  "run out of credits",
  "run out of funds",
  "out of funds",
  "top up your credits",
  "requires more credits",
  "payment required",
  "billing hard limit",
  "billing_not_active",
  "exceeded your current quota",
  "account is deactivated",
  "plan does not include",
  "spending limit",
  "balance_depleted",
  "not available on the free tier",
  "exceeded current quota",
  "key limit exceeded",
  "余额不足",
  "no resource package",
];

export const quotaCodes: readonly string[] = [
  "insufficient_quota",
  "insufficient_credits",
  "insufficient_balance",
  "billing_hard_limit_reached",
  "billing_not_active",
  "billing_error",
  "payment_required",
  "usage_limit_reached",
  "model_not_supported_on_free_tier",
  "exceeded_current_quota_error",
  "creditserror",
];

export const ratePhrases: readonly Phrase[] = [
  "rate limit",
  "rate_limit",
  "rate-limit",
  "too many requests",
  "too many concurrent requests",
  "throttled",
  "throttlingexception",
  "requests per minute",
  "tokens per minute",
  "requests per day",
  "try again in",
  "please retry after",
  "resource_exhausted",
  "resource exhausted",
  "rate increased too quickly",
  "速率限制",
  "并发数过高",
];

export const rateCodes: readonly string[] = [
  "resource_exhausted",
  "rate_limit_exceeded",
  "rate_limit_error",
  "rate_limited",
  "too_many_requests",
  "throttled",
  "rate_limit_reached_error",
  "tokens_limit_exceeded",
];

/** The provider's account settings keep every host of the model away. */
export const routingPolicyPhrases: readonly Phrase[] = [
  ["no endpoints", "data policy"],
  ["no endpoints", "guardrail"],
  ["no endpoints", "privacy"],
];

export const modelMissingPhrases: readonly Phrase[] = [
  "is not a valid model",
  "invalid model",
  "model not found",
  "model_not_found",
  "no such model",
  "unknown model",
  "unsupported model",
  "model is not supported",
  "no endpoints found for",
  "try pulling it first",
  ["model", "does not exist"],
  ["model", "not found"],
  ["model", "do not have access to it"],
  ["does not have access to model"],
  "no endpoints found that support",
  "no models loaded",
  ["model", "has been decommissioned"],
  "模型不存在",
];

export const modelMissingCodes: readonly string[] = [
  "model_not_found",
  "model_not_available",
  "model_not_supported",
  "invalid_model",
  "unknown_model",
  "deploymentnotfound",
  "model_decommissioned",
  "model_terms_required",
  "resource_not_found_error",
  "modelnotfound",
];

export const overflowPhrases: readonly Phrase[] = [
  "context length",
  "context_length",
  "context size",
  "context window",
  "maximum context",
  "maximum model length",
  "max_model_len",
  "n_ctx_slot",
  "slot context",
  "token limit",
  "too many tokens",
  "too many input tokens",
  "maximum number of tokens",
  "maximum number of input tokens",
  "max_tokens",
  "max_new_tokens",
  "max input tokens",
  "reduce the length",
  "prompt is too long",
  "prompt too long",
  "prompt length",
  "prompt exceeds max length",
  "input is too long",
  "input length exceeds",
  "longer than the model's",
  // OpenAI says the same of ids that are too long, which is no matter of size.
  ["content'", "string too long"],
  ["output'", "string too long"],
  ["instructions'", "string too long"],
  "tokens to keep from the initial prompt",
  "超过最大长度",
  "上下文长度",
  "context window of",
  "exceed context limit",
  "exceeded model token limit",
  "exceeds the available context",
];

export const overflowCodes: readonly string[] = [
  "context_length_exceeded",
  "context_window_exceeded",
  "exceed_context_size_error",
  "request_too_large",
];

/** One request alone is above the tokens of a minute: waiting never helps, a shorter prompt does. */
export const oversizedRequestPhrases: readonly Phrase[] = ["request too large for"];

export const payloadPhrases: readonly Phrase[] = [
  "request entity too large",
  "payload too large",
  "request body too large",
];

/** A field that the server does not take; their names may contain overflow words (`max_tokens`). */
export const validationPhrases: readonly Phrase[] = [
  "unsupported parameter",
  "unknown parameter",
  "unrecognized request argument",
  "unrecognized field",
  "extra inputs are not permitted",
  "unexpected keyword argument",
  "unsupported value",
  "is not supported with this model",
  "extra_forbidden",
  "unknown field",
  "unknown name",
  "requires --enable-auto-tool-choice",
  "does not support tools",
];

export const validationCodes: readonly string[] = [
  "unsupported_parameter",
  "unknown_parameter",
  "invalid_parameter",
  "unsupported_value",
  "invalid_function_parameters",
];

/** A field of a long-context trial that the plan does not have; about the plan, not about the prompt's size. */
export const longContextBetaPhrases: readonly Phrase[] = [
  ["long context beta", "not yet available"],
];

/** What llama.cpp cannot turn into a grammar or a parser: `pattern` and `format` in tool schemas. */
export const grammarPhrases: readonly Phrase[] = [
  "error parsing grammar",
  "failed to parse grammar",
  "json-schema-to-grammar",
  "json schema conversion failed",
  ["unable to generate parser", "template"],
];

/** Reasoning goes back as it was signed, or not at all. */
export const thinkingPhrases: readonly Phrase[] = [
  ["thinking", "signature"],
  ["thinking", "cannot be modified"],
  ["thinking", "must remain as they were"],
];

/** The model, or the server in front of it, takes text only, or cannot read this very image. */
export const imagePhrases: readonly Phrase[] = [
  "does not support image",
  "do not support image",
  "doesn't support image",
  "not support image",
  "image input is not supported",
  "image inputs are not supported",
  "image input not supported",
  "images are not supported",
  "support image input",
  "image_url is only supported",
  "image_url is not supported",
  "does not support vision",
  "doesn't support vision",
  "does not support multimodal",
  "unknown variant `image_url`",
  "only 'text' content type",
  'only "text" content type',
  "multimodal is not supported",
  "multimodal data provided, but model does not support",
  "is not a multimodal model",
  "at most 0 image",
  "images per prompt",
  "image per prompt",
  "could not process image",
  "does not represent a valid image",
  ["image_url'", "expected a valid url"],
];

export const imageSizePhrases: readonly Phrase[] = [
  ["image exceeds", "maximum"],
  ["image dimensions exceed", "max allowed"],
  "image is too large",
  "image too large",
  "image is too big",
  "image size exceeds",
  "image_too_large",
];

/** How much the model may say is above what it can, or above what the prompt leaves of its window. */
export const outputLimitPhrases: readonly Phrase[] = [
  "max_tokens is too large",
  "max_completion_tokens is too large",
  "max_output_tokens is too large",
  "invalid max_tokens value",
  ["`max_tokens`", "must be less than or equal"],
  ["max_tokens", "exceed context limit"],
  ["max_tokens", "is too large", "maximum context length"],
];

/** The model wrote a call that the server could not read: another sample may be whole (Groq). */
export const brokenCallCodes: readonly string[] = ["tool_use_failed"];

/** A server of one's own that can never run the model. */
export const hopelessPhrases: readonly Phrase[] = ["requires more system memory"];

/** Replayed reasoning that the server cannot read. */
export const encryptedContentPhrases: readonly Phrase[] = [
  ["encrypted content for item", "could not be verified"],
];

export const encryptedContentCodes: readonly string[] = ["invalid_encrypted_content"];

export const overloadedPhrases: readonly Phrase[] = [
  "overloaded",
  "at capacity",
  "server is busy",
  "service unavailable",
  "temporarily unavailable",
  "high demand",
  "loading model",
  "访问量过大",
  "capacity exceeded",
  "server busy",
  "no available channel",
];

export const overloadedCodes: readonly string[] = [
  "overloaded_error",
  "overloaded",
  "server_is_overloaded",
  "slow_down",
  "engine_overloaded",
  "service_unavailable",
  "unavailable",
  "engine_overloaded_error",
  "model_overloaded",
  "capacity_exceeded",
  "service_tier_capacity_exceeded",
];
