import type { WireApi } from "./item.ts";

/**
 * How an endpoint differs from plain OpenAI on the wire. One row of data per vendor; codecs read it and know no
 * vendor by name.
 */
export interface Dialect {
  /** Whether `prompt_cache_key` is sent in the body. */
  readonly cacheKeyInBody: boolean;
  /** Headers that carry the cache key (the session id). */
  readonly cacheKeyHeaders: readonly string[];
  /** Headers of every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Header that carries the credential's account id, where the vendor wants one. */
  readonly accountHeader?: string;
  /** Version of the vendor's own client that its list of models is asked for; such a list has that client's shape. */
  readonly clientVersion?: string;
  /** `all`: reasoning effort is sent to every model; a list: only to models whose last path segment starts so. */
  readonly reasoningModels: "all" | "none" | readonly string[];
  /** Whether `reasoning.summary: "auto"` goes with the effort. */
  readonly reasoningSummary: boolean;
  /** Whether encrypted reasoning is asked for (`include`) and replayed. */
  readonly encryptedReasoning: boolean;
  readonly maxOutputTokens: boolean;
  readonly serviceTier: boolean;
  /** Whether `pattern`, `format` and enums with a slash are removed from tool schemas. */
  readonly plainToolSchemas: boolean;
  /** Whether assistant messages must carry `reasoning_content` (chat completions). */
  readonly reasoningContent: "none" | "echo" | "pad";
  /** What the chat-completions output limit is called. */
  readonly chatMaxTokensField: "max_tokens" | "max_completion_tokens";
  /** Chat models (prefixes of the last path segment) that take `developer` in place of `system`. */
  readonly developerRoleModels: readonly string[];
  /**
   * Whether events keep coming while the model thinks, so that a gap of seconds is a dead connection; such a vendor
   * also takes minutes for the first event of a long prompt.
   */
  readonly steadyEvents?: boolean;
  /** Whether it also says `stop` of an answer that it cut (chat completions), so that the text has to tell. */
  readonly unsureStops?: boolean;
  /**
   * How its use is paid, where that is known: `told`, each answer says in US dollars what it cost; `subscription`, not by
   * the token.
   */
  readonly billing?: "told" | "subscription";
}

/** Where a model step is sent, fully resolved. */
export interface ModelEndpoint {
  /** Row of the vendor table or name of a custom provider. */
  readonly provider: string;
  /** Without a trailing slash: `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  readonly wireApi: WireApi;
  /** Stamp of replay data: `xai_responses`, `github_responses`, `codex_backend`, else `other:<base url>`. */
  readonly issuer: string;
  readonly dialect: Dialect;
  /** Whether the host is this machine: watchdogs with an implicit default are then off. */
  readonly isLocal: boolean;
}
