import { errnoOf, HermesError, toHermesError } from "../core/errors.ts";
import { isJsonObject, type Json, type JsonObject, parseJson } from "../core/json.ts";
import type { Clock, FileStore } from "../core/ports.ts";
import type { OauthEndpoints, TokenSet } from "../core/sign_in.ts";
import { isoTime } from "./auth_file.ts";
import type { Grant, Refusal } from "./grant.ts";
import { changeGrant, grantsOf } from "./grants.ts";
import type { AuthStore } from "./store.ts";

/** What a token endpoint makes of a refresh token; what may pass by itself is thrown. */
export type RefreshReply =
  | { readonly kind: "tokens"; readonly tokens: TokenSet; readonly endpoints?: OauthEndpoints }
  /** The server itself said that the grant is no good. */
  | { readonly kind: "refused"; readonly reason: string; readonly message: string };

export interface RenewalDeps {
  readonly store: AuthStore;
  readonly files: FileStore;
  readonly clock: Clock;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** Asks the token endpoint. @throws {HermesError} what may pass by itself */
  readonly request: (grant: Grant) => Promise<RefreshReply>;
}

/** Which grant is to be renewed, and what the caller knows of it. */
export interface RenewalTarget {
  readonly provider: string;
  readonly id: string;
  /** The fingerprint of the access token that is no good any more. */
  readonly seen: string;
}

/** How a renewal ended. */
export type Renewal =
  /** The store has another access token than the one that was seen. */
  | { readonly kind: "renewed" }
  /** The grant is dead, and marked so. */
  | { readonly kind: "refused"; readonly refusal: Refusal }
  /** The grant is as it was. */
  | { readonly kind: "failed"; readonly error: HermesError }
  /** There is no such grant any more, or it cannot be renewed. */
  | { readonly kind: "gone" };

/** Waiting for somebody else's renewal ends later than that does. */
const patienceMs = 120_000;
/** A renewal that failed is tried again after one to two of these. */
const backOffMs = 30_000;

/**
 * What a renewal keeps beside the store: its lock, tokens on their way into it, the mark of a question that was not answered
 * yet. Other programs' entries of two providers may have one id.
 */
export function besideOf(
  store: Pick<AuthStore, "beside">,
  { provider, id }: Pick<RenewalTarget, "provider" | "id">,
  kind: "lock" | "pending" | "asking",
): string {
  return store.beside(`auth.refresh-${provider}-${id}.${kind}`);
}

/** A token, told from others without showing it: 16 hexadecimal digits of SHA-256. */
export async function fingerprint(token: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  const bytes = new Uint8Array(digest).subarray(0, 8);
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Renews a grant, once for all who ask at the same time, in any process: refresh tokens work once. The answer is on disk
 * before anything else happens, so that whoever comes next finds it even if this process dies in between.
 * @throws {HermesError} `store/unreadable`, `store/invalid`
 */
export async function renewGrant(deps: RenewalDeps, target: RenewalTarget): Promise<Renewal> {
  const { store, files } = deps;
  if (!(await findGrant(store, target))) return { kind: "gone" };
  const lock = besideOf(store, target, "lock");
  try {
    return await files.withLock(lock, () => renewAlone(deps, target), patienceMs);
  } catch (error) {
    const errno = error instanceof HermesError ? undefined : errnoOf(error);
    if (errno === undefined) throw error;
    throw new HermesError("store/unreadable", `A login could not be renewed: ${errno} at ${lock}`, {
      cause: error,
      hint: `look at the place: ls -l ${lock}`,
    });
  }
}

/**
 * Takes over the tokens of a renewal that died after its answer. Does nothing where there are none.
 * @throws {HermesError} `store/unreadable`, `store/invalid`
 */
export async function adoptPending(
  { store, files, clock }: Pick<RenewalDeps, "store" | "files" | "clock">,
  { provider, id }: Pick<RenewalTarget, "provider" | "id">,
): Promise<void> {
  const path = besideOf(store, { provider, id }, "pending");
  const pending = readPending(await readBeside(files, path));
  if (!pending) return;
  const grant = await findGrant(store, { provider, id });
  const isOurs = grant && (await fingerprint(grant.refreshToken)) === pending.replaces;
  if (isOurs) await keep({ store, clock }, grant, pending);
  await files.remove(path).catch(() => undefined);
}

async function renewAlone(deps: RenewalDeps, target: RenewalTarget): Promise<Renewal> {
  const { store, files } = deps;
  await adoptPending(deps, target);
  const grant = await findGrant(store, target);
  if (!grant || grant.refreshToken === "") return { kind: "gone" };
  if ((await fingerprint(grant.accessToken)) !== target.seen) return { kind: "renewed" };
  if (grant.status.kind === "dead") return { kind: "refused", refusal: grant.status };
  // What keeps the answer from being kept is better known before the question.
  await store.update((json) => ({ json, result: undefined }));
  const replaces = await fingerprint(grant.refreshToken);
  const mark = besideOf(store, target, "asking");
  const earlier = readMark(await files.readText(mark).catch(() => ""), replaces);
  await files.replaceFile(mark, JSON.stringify({ replaces, at: isoTime(deps.clock.now()) }), {
    mode: 0o600,
  });
  const forgetMark = () => files.remove(mark).catch(() => undefined);
  let reply: RefreshReply;
  try {
    reply = await deps.request(grant);
  } catch (error) {
    const failure = toHermesError(error);
    // Without an answer nobody knows whether the token was used up: the mark stays, and explains a later refusal.
    if (!failure.code.startsWith("network/")) await forgetMark();
    await rest(deps, grant);
    return { kind: "failed", error: failure };
  }
  const renewal = await settle(deps, grant, { reply, replaces, lostAt: earlier });
  await forgetMark();
  return renewal;
}

async function settle(
  deps: RenewalDeps,
  grant: Grant,
  given: {
    readonly reply: RefreshReply;
    readonly replaces: string;
    /** When an earlier renewal asked with the same token and never told the answer. */
    readonly lostAt: string | undefined;
  },
): Promise<Renewal> {
  const { store, files, clock } = deps;
  const { reply, replaces, lostAt } = given;
  if (reply.kind === "tokens") {
    const pending: Pending = { replaces, ...reply };
    const path = besideOf(store, grant, "pending");
    // Where even this cannot be written, the store may be: it is tried before anything is given up.
    await files
      .replaceFile(path, JSON.stringify(pendingJson(pending)), { mode: 0o600 })
      .catch(() => undefined);
    await keep(deps, grant, pending);
    await files.remove(path).catch(() => undefined);
    return { kind: "renewed" };
  }
  const lost = lostAt === undefined ? "" : ` (a renewal was cut off at ${lostAt})`;
  const refusal: Refusal = {
    code: 401,
    reason: reply.reason,
    message: `${reply.message}${lost}`,
  };
  const status = { kind: "dead", ...refusal, since: clock.now() } as const;
  return await store.update((json): { json: JsonObject; result: Renewal } => {
    // Somebody has signed in meanwhile: the refusal is of what was there before.
    if (!unchanged(json, grant)) return { json, result: { kind: "renewed" } };
    const changed = changeGrant(json, grant, { status }, clock.now());
    return { json: changed, result: { kind: "refused", refusal } };
  });
}

async function keep(
  { store, clock }: Pick<RenewalDeps, "store" | "clock">,
  grant: Grant,
  { tokens, endpoints }: Pick<Pending, "tokens" | "endpoints">,
): Promise<void> {
  const kept = {
    ...tokens,
    refreshToken: tokens.refreshToken === "" ? grant.refreshToken : tokens.refreshToken,
    idToken: tokens.idToken === "" ? grant.idToken : tokens.idToken,
  };
  await store.update((json) => ({
    json: !unchanged(json, grant)
      ? json
      : changeGrant(
          json,
          grant,
          {
            tokens: kept,
            status: { kind: "ok" },
            renewNotBefore: 0,
            ...(endpoints === undefined ? {} : { endpoints }),
          },
          clock.now(),
        ),
    result: undefined,
  }));
}

/** The next renewal waits a little, in every process. */
async function rest({ store, clock, random }: RenewalDeps, grant: Grant): Promise<void> {
  const renewNotBefore = clock.now() + Math.round(backOffMs * (1 + random()));
  await store
    .update((json) => ({
      json: changeGrant(json, grant, { renewNotBefore }, clock.now()),
      result: undefined,
    }))
    .catch(() => undefined);
}

async function findGrant(
  store: AuthStore,
  { provider, id }: Pick<RenewalTarget, "provider" | "id">,
): Promise<Grant | undefined> {
  const { json } = await store.read();
  return grantsOf(json, provider).find((grant) => grant.id === id);
}

/**
 * A file beside the store; "" where there is none. One that cannot be read may hold the only good token.
 * @throws {HermesError} `store/unreadable`
 */
async function readBeside(files: FileStore, path: string): Promise<string> {
  try {
    return await files.readText(path);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT") return "";
    throw new HermesError(
      "store/unreadable",
      `Could not read ${path}: ${errno ?? "unknown reason"}`,
      {
        cause: error,
        hint: `look at its owner and mode: ls -l ${path}`,
      },
    );
  }
}

/** The grant as the store has it by now, if it still is the one that the server was asked about. */
function unchanged(json: JsonObject, { provider, id, refreshToken }: Grant): boolean {
  const now = grantsOf(json, provider).find((grant) => grant.id === id);
  return now?.refreshToken === refreshToken;
}

/** Tokens that came for a grant and are not in the store yet. */
interface Pending {
  /** The fingerprint of the refresh token that they were got with. */
  readonly replaces: string;
  readonly tokens: TokenSet;
  readonly endpoints?: OauthEndpoints;
}

function pendingJson({ replaces, tokens, endpoints }: Pending): Json {
  return {
    replaces,
    tokens: { ...tokens },
    ...(endpoints === undefined ? {} : { endpoints: { ...endpoints } }),
  };
}

function readPending(text: string): Pending | undefined {
  const json = parseJson(text);
  if (!isJsonObject(json) || !isJsonObject(json["tokens"])) return undefined;
  const { replaces, tokens, endpoints } = json;
  const { accessToken, refreshToken, idToken, expiresIn } = tokens;
  if (typeof replaces !== "string" || typeof accessToken !== "string") return undefined;
  const place = isJsonObject(endpoints) ? endpoints : {};
  const { authorization, token, revocation } = place;
  return {
    replaces,
    tokens: {
      accessToken,
      refreshToken: typeof refreshToken === "string" ? refreshToken : "",
      idToken: typeof idToken === "string" ? idToken : "",
      expiresIn: typeof expiresIn === "number" ? expiresIn : null,
    },
    ...(typeof authorization === "string" && typeof token === "string"
      ? {
          endpoints: {
            authorization,
            token,
            ...(typeof revocation === "string" ? { revocation } : {}),
          },
        }
      : {}),
  };
}

/** When somebody asked with this refresh token and never told the answer. */
function readMark(text: string, replaces: string): string | undefined {
  const mark = parseJson(text);
  if (!isJsonObject(mark) || mark["replaces"] !== replaces) return undefined;
  return typeof mark["at"] === "string" ? mark["at"] : undefined;
}
