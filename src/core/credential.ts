import type { HermesError } from "./errors.ts";

/** Something that opens a provider's door. The token never leaves the request it is for. */
export interface Credential {
  /** Stable name for comparisons and leases, without the secret. */
  readonly id: string;
  readonly token: string;
  /** Where it comes from, for people: `environment OPENAI_API_KEY`. */
  readonly origin: string;
  /** The server needs no key: the token only fills the header. */
  readonly isPlaceholder?: true;
  /** The vendor's account, where a header must carry it. */
  readonly accountId?: string;
  /** What the user should know of it, one sentence: that it is another account than before. */
  readonly notice?: string;
}

export interface CredentialRequest {
  /** What the server just refused (401): a source must refresh it or step aside. */
  readonly rejected?: Credential;
  /** What the server refused for now (402, 429): a source may step to another one; none: the same may be tried later. */
  readonly exhausted?: { readonly credential: Credential; readonly error: HermesError };
  readonly signal?: AbortSignal;
}

/** Finds the credential of a provider; undefined when there is none. */
export interface CredentialSource {
  get(provider: string, request?: CredentialRequest): Promise<Credential | undefined>;
  /** Whether another credential would take over when a limit refuses this one again. */
  hasOther?(provider: string, credential: Credential): Promise<boolean>;
  /** Nothing of it is used any more: others may take it. */
  release?(): void;
}
