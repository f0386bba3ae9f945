import type { ErrorCode } from "../../src/core/errors.ts";
import type { Failure } from "../../src/transports/classify.ts";

/** A refusal as providers really send it, and what it has to come down to. */
export interface Refusal {
  readonly name: string;
  readonly failure: Partial<Failure>;
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
}

function errno(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** A tunnel through a proxy that the proxy did not open: the status is the proxy's. */
function proxyRefusal(status: number, reason: string): Partial<Failure> {
  const message = `Proxy refused to open a tunnel: ${status} ${reason}`;
  const cause = Object.assign(errno("ERR_PROXY_TUNNEL", message), { status });
  return { status, message, cause };
}

const cloudflarePage = (title: string): string =>
  `<!DOCTYPE html>\n<html lang="en-US">\n<head>\n<title>${title}</title>\n</head><body><p>forbidden rate limit</p></body></html>`;

export const refusals: readonly Refusal[] = [
  // OpenAI
  {
    name: "OpenAI, wrong key",
    failure: {
      status: 401,
      body: {
        error: {
          message:
            "Incorrect API key provided: sk-ab***yz. You can find your API key at https://platform.openai.com/account/api-keys.",
          type: "invalid_request_error",
          param: null,
          code: "invalid_api_key",
        },
      },
    },
    code: "auth/rejected",
    retryable: false,
  },
  {
    name: "OpenAI, tokens per minute",
    failure: {
      status: 429,
      body: {
        error: {
          message:
            "Rate limit reached for gpt-5 in organization org-1 on tokens per min (TPM): Limit 30000, Used 29012, Requested 1802. Please try again in 1.628s. Visit https://platform.openai.com/account/rate-limits to learn more.",
          type: "tokens",
          param: null,
          code: "rate_limit_exceeded",
        },
      },
    },
    code: "model/rate_limited",
    retryable: true,
    retryAfterMs: 1628,
  },
  {
    name: "OpenAI, tokens per minute, with headers",
    failure: {
      status: 429,
      headers: new Headers({ "retry-after": "20", "retry-after-ms": "19411" }),
      body: {
        error: { message: "Rate limit reached", type: "requests", code: "rate_limit_exceeded" },
      },
    },
    code: "model/rate_limited",
    retryable: true,
    retryAfterMs: 19411,
  },
  {
    name: "OpenAI, one prompt above a minute's tokens",
    failure: {
      status: 429,
      body: {
        error: {
          message:
            "Request too large for gpt-5 in organization org-1 on tokens per min (TPM): Limit 30000, Requested 41211. The input or output tokens must be reduced in order to run successfully.",
          type: "tokens",
          code: "rate_limit_exceeded",
        },
      },
    },
    code: "model/context_overflow",
    retryable: false,
  },
  {
    name: "OpenAI, no credit",
    failure: {
      status: 429,
      body: {
        error: {
          message:
            "You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
          type: "insufficient_quota",
          param: null,
          code: "insufficient_quota",
        },
      },
    },
    code: "model/quota",
    retryable: false,
  },
  {
    name: "OpenAI, unknown model",
    failure: {
      status: 404,
      body: {
        error: {
          message: "The model `gpt-99` does not exist or you do not have access to it.",
          type: "invalid_request_error",
          param: null,
          code: "model_not_found",
        },
      },
    },
    code: "model/not_found",
    retryable: false,
  },
  {
    name: "OpenAI, project without the model",
    failure: {
      status: 403,
      body: {
        error: {
          message: "Project `proj_1` does not have access to model `gpt-5`",
          type: "invalid_request_error",
          code: "model_not_found",
        },
      },
    },
    code: "model/not_found",
    retryable: false,
  },
  {
    name: "OpenAI, country",
    failure: {
      status: 403,
      body: {
        error: {
          code: "unsupported_country_region_territory",
          message: "Country, region, or territory not supported",
          param: null,
          type: "request_forbidden",
        },
      },
    },
    code: "auth/not_entitled",
    retryable: false,
  },
  {
    name: "OpenAI, context length",
    failure: {
      status: 400,
      body: {
        error: {
          message:
            "Your input exceeds the context window of this model. Please adjust your input and try again.",
          type: "invalid_request_error",
          param: "input",
          code: "context_length_exceeded",
        },
      },
    },
    code: "model/context_overflow",
    retryable: false,
  },
  {
    name: "OpenAI, max_tokens with a reasoning model",
    failure: {
      status: 400,
      body: {
        error: {
          message:
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
          type: "invalid_request_error",
          param: "max_tokens",
          code: "unsupported_parameter",
        },
      },
    },
    code: "model/bad_request",
    retryable: false,
  },
  {
    name: "OpenAI, call id too long",
    failure: {
      status: 400,
      body: {
        error: {
          message:
            "Invalid 'input[2].call_id': string too long. Expected a string with maximum length 64, but got a string with length 81 instead.",
          type: "invalid_request_error",
          param: "input[2].call_id",
          code: "string_above_max_length",
        },
      },
    },
    code: "model/bad_request",
    retryable: false,
  },
  {
    name: "OpenAI, encrypted reasoning of somebody else",
    failure: {
      status: 400,
      body: {
        error: {
          message:
            "The encrypted content for item rs_1 could not be verified. Reason: Encrypted content could not be decrypted or parsed.",
          type: "invalid_request_error",
          code: "invalid_encrypted_content",
        },
      },
    },
    code: "model/bad_request",
    retryable: true,
  },
  {
    name: "OpenAI, policy",
    failure: {
      status: 400,
      body: {
        error: {
          message:
            "Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again with a different prompt",
          type: "invalid_request_error",
          code: "invalid_prompt",
        },
      },
    },
    code: "model/content_policy",
    retryable: false,
  },
  {
    name: "OpenAI, server error",
    failure: {
      status: 500,
      body: {
        error: {
          message:
            "The server had an error processing your request. Sorry about that! You can retry your request.",
          type: "server_error",
          param: null,
          code: null,
        },
      },
    },
    code: "model/server_error",
    retryable: true,
  },
  {
    name: "OpenAI, error frame of a stream",
    failure: {
      body: {
        error: {
          message: "The server is currently overloaded with other requests.",
          code: "server_is_overloaded",
          param: null,
          type: "error",
        },
      },
    },
    code: "model/overloaded",
    retryable: true,
  },
  {
    name: "OpenAI, response.failed with a rate limit",
    failure: {
      message: "rate_limit_exceeded: Rate limit reached for gpt-5. Please try again in 11.054s.",
      body: {
        error: {
          code: "rate_limit_exceeded",
          message: "Rate limit reached for gpt-5. Please try again in 11.054s.",
        },
      },
    },
    code: "model/rate_limited",
    retryable: true,
    retryAfterMs: 11_054,
  },

  // ChatGPT Codex backend
  {
    name: "Codex backend, plan used up",
    failure: {
      status: 429,
      body: {
        error: {
          type: "usage_limit_reached",
          message: "The usage limit has been reached",
          plan_type: "plus",
          resets_in_seconds: 8230,
        },
      },
    },
    code: "model/quota",
    retryable: false,
    retryAfterMs: 8_230_000,
  },
  {
    name: "Codex backend, plan without Codex",
    failure: {
      status: 403,
      body: { error: { type: "usage_not_included", message: "To use Codex, upgrade to Plus" } },
    },
    code: "auth/not_entitled",
    retryable: false,
  },
  {
    name: "Codex backend, model outside of the plan",
    failure: {
      status: 400,
      body: {
        detail:
          "The 'gpt-5.4-codex' model is not supported when using Codex with a ChatGPT account.",
      },
    },
    code: "model/not_found",
    retryable: false,
  },
  {
    name: "Codex backend, cyber policy",
    failure: {
      body: {
        error: {
          code: "cyber_policy",
          message: "This request has been flagged for possible cybersecurity risk.",
        },
      },
    },
    code: "model/content_policy",
    retryable: false,
  },
  {
    name: "Codex backend, challenge page",
    failure: { status: 403, body: cloudflarePage("Just a moment...") },
    code: "auth/not_entitled",
    retryable: false,
  },

  // xAI
  {
    name: "xAI, wrong key on status 400",
    failure: {
      status: 400,
      body: {
        code: "Client specified an invalid argument",
        error:
          "Incorrect API key provided: ab***yz. You can obtain an API key from https://console.x.ai.",
      },
    },
    code: "auth/rejected",
    retryable: false,
  },
  {
    name: "xAI, no subscription",
    failure: {
      status: 403,
      provider: "xai-oauth",
      body: {
        code: "The caller does not have permission to execute the specified operation",
        error:
          "You do not have an active Grok subscription. Manage it at https://grok.com/?_s=subscribe",
      },
    },
    code: "auth/not_entitled",
    retryable: false,
  },
  {
    name: "xAI, no subscription, within a stream",
    failure: {
      body: { error: { message: "You have run out of available resources for Grok. Subscribe" } },
    },
    code: "auth/not_entitled",
    retryable: false,
  },
  {
    name: "xAI, stale login behind a 403",
    failure: {
      status: 403,
      provider: "xai-oauth",
      body: {
        code: "unauthenticated:bad-credentials",
        error: "The OAuth2 access token could not be validated. [WKE=unauthenticated:expired]",
      },
    },
    code: "auth/rejected",
    retryable: false,
  },
  {
    name: "xAI, credits",
    failure: {
      status: 403,
      provider: "xai",
      body: {
        code: "The caller does not have permission to execute the specified operation",
        error:
          "Your team 1 has either used all available credits or reached its monthly spending limit. To continue making API requests, please purchase more credits.",
      },
    },
    code: "model/quota",
    retryable: false,
  },
  {
    name: "xAI, safety check",
    failure: {
      status: 403,
      provider: "xai",
      body: {
        code: "The caller does not have permission to execute the specified operation",
        error:
          "Content violates usage guidelines. Team: 1, API key ID: 2, Model: grok-4, Failed check: SAFETY_CHECK_TYPE_BIO",
      },
    },
    code: "model/content_policy",
    retryable: false,
  },

  // OpenRouter
  {
    name: "OpenRouter, credits",
    failure: {
      status: 402,
      body: {
        error: {
          message:
            "This request requires more credits, or fewer max_tokens. You requested up to 32000 tokens, but can only afford 412.",
          code: 402,
          metadata: { provider_name: null },
        },
      },
    },
    code: "model/quota",
    retryable: false,
  },
  {
    name: "OpenRouter, a limit that lifts behind a 402",
    failure: {
      status: 402,
      body: { error: { message: "Usage limit exceeded, try again in 5 minutes", code: 402 } },
    },
    code: "model/rate_limited",
    retryable: true,
    retryAfterMs: 300_000,
  },
  {
    name: "OpenRouter, the reason inside metadata.raw",
    failure: {
      status: 400,
      body: {
        error: {
          message: "Provider returned error",
          code: 400,
          metadata: {
            raw: '{"error":{"message":"This model\'s maximum context length is 131072 tokens. However, you requested 140000 tokens.","type":"invalid_request_error"}}',
            provider_name: "Together",
          },
        },
      },
    },
    code: "model/context_overflow",
    retryable: false,
  },
  {
    name: "OpenRouter, upstream limit inside a stream that began with 200",
    failure: {
      body: {
        error: {
          message: "Provider returned error",
          code: 429,
          metadata: { raw: "m1 is temporarily rate-limited upstream. Please retry shortly" },
        },
      },
    },
    code: "model/rate_limited",
    retryable: true,
  },
  {
    name: "OpenRouter, unknown model",
    failure: {
      status: 400,
      body: { error: { message: "openai/gpt-99 is not a valid model ID", code: 400 } },
    },
    code: "model/not_found",
    retryable: false,
  },
  {
    name: "OpenRouter, data policy",
    failure: {
      status: 404,
      body: {
        error: {
          message:
            "No endpoints found matching your data policy (Free model publication). Configure: https://openrouter.ai/settings/privacy",
          code: 404,
        },
      },
    },
    code: "model/not_found",
    retryable: false,
  },
  {
    name: "OpenRouter, no key",
    failure: {
      status: 401,
      body: { error: { message: "No auth credentials found", code: 401 } },
    },
    code: "auth/rejected",
    retryable: false,
  },

  // Anthropic, through compatible gateways
  {
    name: "Anthropic, overloaded",
    failure: {
      status: 529,
      body: { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
    },
    code: "model/overloaded",
    retryable: true,
  },
  {
    name: "Anthropic, long prompts cost extra",
    failure: {
      status: 429,
      body: {
        type: "error",
        error: {
          type: "rate_limit_error",
          message: "Extra usage is required for long context requests.",
        },
      },
    },
    code: "model/context_overflow",
    retryable: false,
  },
  {
    name: "Anthropic, credit balance on status 400",
    failure: {
      status: 400,
      body: {
        type: "error",
        error: {
          type: "invalid_request_error",
          message:
            "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.",
        },
      },
    },
    code: "model/quota",
    retryable: false,
  },
  {
    name: "Anthropic, prompt",
    failure: {
      status: 400,
      body: {
        type: "error",
        error: {
          type: "invalid_request_error",
          message: "prompt is too long: 207213 tokens > 200000 maximum",
        },
      },
    },
    code: "model/context_overflow",
    retryable: false,
  },

  // Google's OpenAI-compatible endpoint
  {
    name: "Gemini, wrong key on status 400, in a list",
    failure: {
      status: 400,
      body: [
        {
          error: {
            code: 400,
            message: "API key not valid. Please pass a valid API key.",
            status: "INVALID_ARGUMENT",
          },
        },
      ],
    },
    code: "auth/rejected",
    retryable: false,
  },
  {
    name: "Gemini, a quota of the minute",
    failure: {
      status: 429,
      body: [
        {
          error: {
            code: 429,
            message:
              "You exceeded your current quota, please check your plan and billing details. Please retry in 34.074824224s.",
            status: "RESOURCE_EXHAUSTED",
          },
        },
      ],
    },
    code: "model/rate_limited",
    retryable: true,
    retryAfterMs: 34_075,
  },

  // Azure
  {
    name: "Azure, content filter",
    failure: {
      status: 400,
      body: {
        error: {
          message:
            "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
          code: "content_filter",
          status: 400,
          innererror: { code: "ResponsibleAIPolicyViolation" },
        },
      },
    },
    code: "model/content_policy",
    retryable: false,
  },
  {
    name: "Azure, deployment",
    failure: {
      status: 404,
      body: {
        error: {
          code: "DeploymentNotFound",
          message: "The API deployment for this resource does not exist.",
        },
      },
    },
    code: "model/not_found",
    retryable: false,
  },

  // Servers of one's own
  {
    name: "Ollama, model not pulled",
    failure: {
      status: 404,
      body: {
        error: { message: 'model "qwen9" not found, try pulling it first', type: "api_error" },
      },
    },
    code: "model/not_found",
    retryable: false,
  },
  {
    name: "Ollama, wrong path",
    failure: { status: 404, body: "404 page not found" },
    code: "model/not_found",
    retryable: false,
  },
  {
    name: "vLLM, prompt",
    failure: {
      status: 400,
      body: {
        object: "error",
        message:
          "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens in the messages, Please reduce the length of the messages.",
        type: "BadRequestError",
        param: null,
        code: 400,
      },
    },
    code: "model/context_overflow",
    retryable: false,
  },
  {
    name: "llama.cpp, loading",
    failure: {
      status: 503,
      body: { error: { code: 503, message: "Loading model", type: "unavailable_error" } },
    },
    code: "model/overloaded",
    retryable: true,
  },
  {
    name: "llama.cpp, template on status 500",
    failure: {
      status: 500,
      body: {
        error: {
          code: 500,
          message:
            "Unable to generate parser for this template. Automatic parser generation failed",
          type: "server_error",
        },
      },
    },
    code: "model/bad_request",
    retryable: false,
  },
  {
    name: "LM Studio, prompt, as an error frame",
    failure: {
      body: {
        error: {
          message:
            "The number of tokens to keep from the initial prompt is greater than the context length.",
        },
      },
    },
    code: "model/context_overflow",
    retryable: false,
  },
  {
    name: "TGI, tokens on status 422",
    failure: {
      status: 422,
      body: {
        error:
          "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000",
        error_type: "validation",
      },
    },
    code: "model/context_overflow",
    retryable: false,
  },
  {
    name: "FastAPI, field refused",
    failure: {
      status: 422,
      body: {
        detail: [
          {
            type: "extra_forbidden",
            loc: ["body", "store"],
            msg: "Extra inputs are not permitted",
          },
        ],
      },
    },
    code: "model/bad_request",
    retryable: false,
  },
  {
    name: "Chinese gateway, prompt",
    failure: {
      status: 400,
      body: { error: { message: "输入内容超过最大长度限制", code: "1261" } },
    },
    code: "model/context_overflow",
    retryable: false,
  },

  // Proxies
  {
    name: "nginx, body size",
    failure: {
      status: 413,
      body: "<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n</html>",
    },
    code: "model/context_overflow",
    retryable: false,
  },
  {
    name: "Cloudflare, bad gateway",
    failure: {
      status: 502,
      headers: new Headers({ "cf-ray": "8c1d-FRA" }),
      body: cloudflarePage("example.com | 502: Bad gateway"),
    },
    code: "model/server_error",
    retryable: true,
  },
  {
    name: "Cloudflare, origin timeout",
    failure: { status: 524, body: cloudflarePage("524: A timeout occurred") },
    code: "network/timeout",
    retryable: true,
  },
  {
    name: "503 with a date to wait for",
    failure: {
      status: 503,
      headers: new Headers({
        date: "Wed, 21 Oct 2026 07:28:00 GMT",
        "retry-after": "Wed, 21 Oct 2026 07:28:30 GMT",
      }),
      body: "upstream connect error",
    },
    code: "model/overloaded",
    retryable: true,
    retryAfterMs: 30_000,
  },

  // Vague
  {
    name: "400 without a word, small prompt",
    failure: { status: 400, body: { error: { message: "error" } }, estimatedTokens: 1000 },
    code: "model/bad_request",
    retryable: false,
  },
  {
    name: "400 without a word, large prompt",
    failure: { status: 400, body: { error: { message: "error" } }, estimatedTokens: 90_000 },
    code: "model/context_overflow",
    retryable: false,
  },
  {
    name: "400 without a word, large prompt in a larger window",
    failure: {
      status: 400,
      body: "",
      estimatedTokens: 90_000,
      messageCount: 100,
      contextLength: 1_000_000,
    },
    code: "model/bad_request",
    retryable: false,
  },

  // The network, in the words of Node, Bun and Deno
  {
    name: "Node, refused",
    failure: {
      message: "Connection error.",
      cause: new TypeError("fetch failed", {
        cause: errno("ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:9"),
      }),
    },
    code: "network/unreachable",
    retryable: true,
  },
  {
    name: "Node, unknown host",
    failure: {
      message: "Connection error.",
      cause: errno("ENOTFOUND", "getaddrinfo ENOTFOUND api.example.invalid"),
    },
    code: "network/unreachable",
    retryable: true,
  },
  {
    name: "Bun, refused",
    failure: {
      message: "Connection error.",
      cause: errno(
        "ConnectionRefused",
        "Unable to connect. Is the computer able to access the url?",
      ),
    },
    code: "network/unreachable",
    retryable: true,
  },
  {
    name: "Deno, refused",
    failure: {
      message: "Connection error.",
      cause: new TypeError(
        "error sending request for url (http://127.0.0.1:9/): client error (Connect): tcp connect error: Connection refused (os error 111)",
      ),
    },
    code: "network/unreachable",
    retryable: true,
  },
  {
    name: "Node, reset",
    failure: { message: "read ECONNRESET", cause: errno("ECONNRESET", "read ECONNRESET") },
    code: "network/unreachable",
    retryable: true,
  },
  {
    name: "a reset under a very large prompt",
    failure: {
      message: "read ECONNRESET",
      cause: errno("ECONNRESET", "read ECONNRESET"),
      estimatedTokens: 150_000,
    },
    code: "model/context_overflow",
    retryable: true,
  },
  {
    name: "Node, headers timeout",
    failure: {
      message: "fetch failed",
      cause: errno("UND_ERR_HEADERS_TIMEOUT", "Headers Timeout Error"),
    },
    code: "network/timeout",
    retryable: true,
  },
  {
    name: "self-signed certificate",
    failure: {
      message: "Connection error.",
      cause: errno("DEPTH_ZERO_SELF_SIGNED_CERT", "self signed certificate"),
    },
    code: "network/tls",
    retryable: false,
  },
  {
    name: "Bun, a proxy that does not open a tunnel",
    failure: proxyRefusal(403, "Forbidden"),
    code: "network/unreachable",
    retryable: false,
  },
  {
    name: "Bun, a proxy that does not find the host",
    failure: proxyRefusal(502, "Bad Gateway"),
    code: "network/unreachable",
    retryable: true,
  },
  {
    name: "Deno, a proxy that does not open a tunnel",
    failure: {
      message: "fetch failed",
      cause: new Error("error sending request: client error (Connect): unsuccessful tunnel"),
    },
    code: "network/unreachable",
    retryable: false,
  },
  {
    name: "a proxy that wants a password",
    failure: { status: 407, body: "", message: "HTTP 407 from http://models.example/v1" },
    code: "network/unreachable",
    retryable: false,
  },
  {
    name: "Bun, a proxy that is none",
    failure: {
      message: "UnsupportedProxyProtocol",
      cause: errno("UnsupportedProxyProtocol", "UnsupportedProxyProtocol"),
    },
    code: "network/unreachable",
    retryable: false,
  },
  {
    name: "Deno, unknown authority",
    failure: {
      message: "Connection error.",
      cause: new TypeError("client error (Connect): invalid peer certificate: UnknownIssuer"),
    },
    code: "network/tls",
    retryable: false,
  },
  {
    name: "damaged record under a very large prompt",
    failure: {
      message: "write EPROTO",
      cause: new Error("ssl3_read_bytes:sslv3 alert bad record mac: connection closed"),
      estimatedTokens: 150_000,
    },
    code: "network/tls",
    retryable: true,
  },
  {
    name: "something that nobody knows",
    failure: { message: "boom" },
    code: "model/server_error",
    retryable: true,
  },
];
