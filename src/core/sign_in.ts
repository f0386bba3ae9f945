/** How people sign in at a vendor: facts of its identity provider, and what comes out. */
export type SignInFacts = AuthorizationCodeFacts | DeviceCodeFacts;

interface SharedFacts {
  /** Public: programs on people's machines keep no secret. */
  readonly clientId: string;
  /** Tokens go to these domains and what is below them, over https on its own port; nowhere else. */
  readonly domains: readonly string[];
  /** A token is renewed this long before it expires, in milliseconds. */
  readonly skewMs: number;
  /** Variable with the seconds that a renewal may take. */
  readonly refreshTimeoutEnv: string;
  /** Where tokens come from, and how the file of the logins calls it: `manual:xai_pkce`. */
  readonly source: string;
  /** How the vendor's models are had without a sign-in, for people; absent where they are not. */
  readonly keyHint?: string;
  /** Where a token's claims tell accounts apart, the best place first: the names that lead there. */
  readonly accountClaims: readonly (readonly string[])[];
}

/** OAuth 2.0 authorization code with PKCE, answered at a loopback address (RFC 8252). */
export interface AuthorizationCodeFacts extends SharedFacts {
  readonly kind: "authorization_code";
  /** Its discovery document is at `<issuer>/.well-known/openid-configuration`. */
  readonly issuer: string;
  readonly scope: string;
  /** Of 127.0.0.1; another one is taken where it is in use. */
  readonly preferredPort: number;
  readonly callbackPath: string;
  /** More parameters of the authorization request, in this order after ours. */
  readonly extraParameters: readonly (readonly [string, string])[];
  /** Pages whose scripts may ask the loopback address. */
  readonly corsOrigins: readonly string[];
}

/** The device flow of ChatGPT's login: JSON of its own in place of RFC 8628. */
export interface DeviceCodeFacts extends SharedFacts {
  readonly kind: "device_code";
  readonly userCodeUrl: string;
  readonly pollUrl: string;
  /** Where the person types the code. */
  readonly verificationUrl: string;
  readonly redirectUri: string;
  readonly tokenUrl: string;
}

/** What a token endpoint answers. */
export interface TokenSet {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** "" where there is none. */
  readonly idToken: string;
  /** Seconds; null where the server did not say. */
  readonly expiresIn: number | null;
}

/** Where an identity provider is asked, as its discovery document says. */
export interface OauthEndpoints {
  readonly authorization: string;
  readonly token: string;
  readonly revocation?: string;
}

/** A login that was just made. */
export interface FreshGrant {
  readonly tokens: TokenSet;
  /** Absent where they are facts of the vendor. */
  readonly endpoints?: OauthEndpoints;
  readonly redirectUri?: string;
}

/** What a login tells and asks the person. It never prints by itself. */
export interface LoginInteraction {
  /** The address to open. `port` is that of the loopback listener; absent when there is none. */
  showAddress(url: string, about: { readonly port?: number }): Promise<void>;
  /** A code to type at an address. */
  showCode(code: string, url: string): Promise<void>;
  /** Lines that the person pastes while a browser is waited for; ends where nobody can type. */
  pasted(signal: AbortSignal): AsyncIterable<string>;
  /** Something to know on the way: one sentence. */
  note(text: string): Promise<void>;
}
