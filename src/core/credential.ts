/** Something that opens a provider's door. The token never leaves the request it is for. */
export interface Credential {
  /** Stable name for comparisons and leases, without the secret. */
  readonly id: string;
  readonly token: string;
  /** Where it comes from, for people: `environment OPENAI_API_KEY`. */
  readonly origin: string;
  /** The vendor's account, where a header must carry it. */
  readonly accountId?: string;
}

export interface CredentialRequest {
  /** What the server just refused (401): a source must refresh it or step aside. */
  readonly rejected?: Credential;
  readonly signal?: AbortSignal;
}

/** Finds the credential of a provider; undefined when there is none. */
export interface CredentialSource {
  get(provider: string, request?: CredentialRequest): Promise<Credential | undefined>;
}
