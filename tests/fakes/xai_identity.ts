import { createHash } from "node:crypto";
import { jsonAnswer } from "./faults.ts";
import { type GrantBook, issuers } from "./grant_book.ts";
import { firstFault, formOf, granted, type Handle } from "./identity_forms.ts";
import type { HostRequest } from "./tls_proxy.ts";

/** xAI's side of signing in. */
export interface XaiIdentity {
  readonly discovery: Handle;
  /** GET shows the page, POST is what its form sends. */
  readonly authorize: Handle;
  readonly token: Handle;
  readonly revoke: Handle;
  /** Where the browser of a person is sent who signs in at an authorize address. */
  approve(address: string, email: string): URL;
  /** The same for a person who says no. */
  deny(address: string): URL;
}

interface Authorization {
  readonly email: string;
  readonly nonce: string;
  readonly redirectUri: string;
  readonly challenge: string;
  isSpent: boolean;
  /** What it was exchanged for. */
  refreshToken?: string;
}

const { issuer, clientId } = issuers["xai-oauth"];
const authorizeUrl = "https://accounts.x.ai/oauth2/authorize";

const discoveryDocument = {
  issuer,
  authorization_endpoint: authorizeUrl,
  token_endpoint: `${issuer}/oauth2/token`,
  revocation_endpoint: `${issuer}/oauth2/revoke`,
  jwks_uri: `${issuer}/.well-known/jwks.json`,
  response_types_supported: ["code"],
  grant_types_supported: ["authorization_code", "refresh_token"],
  subject_types_supported: ["public"],
  id_token_signing_alg_values_supported: ["RS256"],
  code_challenge_methods_supported: ["S256"],
  token_endpoint_auth_methods_supported: ["none"],
  authorization_response_iss_parameter_supported: true,
};

/** What the authorization request must say, in no particular order and nothing more. */
const parameterRules: Readonly<Record<string, RegExp>> = {
  response_type: /^code$/,
  client_id: new RegExp(`^${clientId}$`),
  redirect_uri: /^http:\/\/127\.0\.0\.1:[1-9]\d{0,4}\/callback$/,
  scope: /^openid profile email offline_access grok-cli:access api:access$/,
  code_challenge: /^[\w-]{43}$/,
  code_challenge_method: /^S256$/,
  state: /^[\w-]{22,}$/,
  nonce: /^[\w-]{22,}$/,
  // Without it programs that answer at a loopback address are refused.
  plan: /^generic$/,
  referrer: /^hermes-agent$/,
};

/** Starts with nobody signed in. Signing in takes the address alone: whoever types one has that account. */
export function createXaiIdentity(book: GrantBook): XaiIdentity {
  const authorizations = new Map<string, Authorization>();

  function approve(address: string, email: string): URL {
    const asked = checked(address);
    const code = book.secret();
    authorizations.set(code, {
      email,
      nonce: asked.get("nonce") ?? "",
      redirectUri: asked.get("redirect_uri") ?? "",
      challenge: asked.get("code_challenge") ?? "",
      isSpent: false,
    });
    return answerTo(asked, { code });
  }

  function deny(address: string): URL {
    const description = "The person said no";
    return answerTo(checked(address), { error: "access_denied", error_description: description });
  }

  function authorize(request: HostRequest): Response {
    const { href, searchParams } = request.url;
    const fault = authorizationFault(searchParams);
    if (fault !== undefined) return page(400, "Something is wrong", `<p>${fault}</p>`);
    if (request.method === "GET") return page(200, "Sign in to xAI", signInForm);
    const form = formOf(request);
    const isAllowed = form.get("decision") === "allow";
    const location = isAllowed ? approve(href, form.get("email") ?? "") : deny(href);
    return new Response(null, { status: 302, headers: { location: location.href } });
  }

  function exchange(form: URLSearchParams): Response {
    const known = authorizations.get(form.get("code") ?? "");
    if (!known) return refused("invalid_grant", "The code is unknown");
    if (known.isSpent) {
      // RFC 6749 section 4.1.2: what a code gave is taken back when it comes again.
      if (known.refreshToken !== undefined) book.revoke("xai-oauth", known.refreshToken);
      return refused("invalid_grant", "The code was used before");
    }
    known.isSpent = true;
    const fault = firstFault([
      ["redirect_uri", form.get("redirect_uri") === known.redirectUri],
      ["code_verifier", s256(form.get("code_verifier") ?? "") === known.challenge],
      // This server checks the challenge again, beside its verifier.
      ["code_challenge", form.get("code_challenge") === known.challenge],
      ["code_challenge_method", form.get("code_challenge_method") === "S256"],
    ]);
    if (fault !== undefined) return refused("invalid_grant", `Wrong ${fault}`);
    const { email, nonce } = known;
    const tokens = book.open({ vendor: "xai-oauth", email, nonce });
    known.refreshToken = tokens.refreshToken;
    return granted(tokens);
  }

  function renew(form: URLSearchParams): Response {
    const tokens = book.rotate("xai-oauth", form.get("refresh_token") ?? "");
    return typeof tokens === "string"
      ? refused("invalid_grant", `The refresh token is ${tokens}`)
      : granted(tokens);
  }

  return {
    approve,
    deny,
    authorize,
    discovery: () => jsonAnswer(200, discoveryDocument),
    token(request) {
      const form = formOf(request);
      if (form.get("client_id") !== clientId) {
        return refused("invalid_client", "Wrong client_id", 401);
      }
      if (form.get("grant_type") === "authorization_code") return exchange(form);
      if (form.get("grant_type") === "refresh_token") return renew(form);
      return refused("unsupported_grant_type", "Wrong grant_type");
    },
    revoke(request) {
      book.revoke("xai-oauth", formOf(request).get("token") ?? "");
      // RFC 7009 section 2.2: the answer is the same for tokens that nobody knows.
      return new Response(null, { status: 200 });
    },
  };
}

function checked(address: string): URLSearchParams {
  const { origin, pathname, searchParams } = new URL(address);
  const fault =
    `${origin}${pathname}` === authorizeUrl ? authorizationFault(searchParams) : "the address";
  if (fault !== undefined) throw new TypeError(`Cannot sign in, wrong is ${fault}: ${address}`);
  return searchParams;
}

function authorizationFault(asked: URLSearchParams): string | undefined {
  const stranger = [...asked.keys()].find((name) => parameterRules[name] === undefined);
  if (stranger !== undefined) return stranger;
  const rules = Object.entries(parameterRules);
  return rules.find(([name, rule]) => {
    const [value = "", ...more] = asked.getAll(name);
    return more.length > 0 || !rule.test(value);
  })?.[0];
}

/** RFC 6749 section 4.1.2, with the issuer of RFC 9207. */
function answerTo(asked: URLSearchParams, fields: Readonly<Record<string, string>>): URL {
  const answer = new URL(asked.get("redirect_uri") ?? "");
  const state = asked.get("state") ?? "";
  answer.search = new URLSearchParams({ ...fields, state, iss: issuer }).toString();
  return answer;
}

/** RFC 7636 section 4.2. */
function s256(verifier: string): string {
  return createHash("sha256").update(verifier).digest("base64url");
}

function refused(error: string, description: string, status = 400): Response {
  return jsonAnswer(status, { error, error_description: description });
}

const signInForm = `<form method="post">
<p><label>Email <input name="email" type="email" required autofocus></label></p>
<p><button name="decision" value="allow">Sign in</button>
<button name="decision" value="deny" formnovalidate>Cancel</button></p>
</form>`;

function page(status: number, title: string, content: string): Response {
  const html = `<!doctype html><html lang="en"><title>${title}</title><h1>${title}</h1>${content}</html>`;
  const headers = { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" };
  return new Response(html, { status, headers });
}
