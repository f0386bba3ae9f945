import type { SignInFacts } from "../core/sign_in.ts";
import { exchange, type ExchangeDeps } from "./exchange.ts";
import type { Grant } from "./grant.ts";
import { pinnedUrl } from "./pinned_url.ts";

/** Asks the provider to forget a login (RFC 7009), where it takes such requests; whether it said yes. Never throws. */
export async function revoke(
  deps: ExchangeDeps,
  { domains, clientId }: Pick<SignInFacts, "domains" | "clientId">,
  { endpoints, refreshToken }: Pick<Grant, "endpoints" | "refreshToken">,
  signal: AbortSignal,
): Promise<boolean> {
  const url = pinnedUrl(endpoints?.revocation ?? "", domains);
  if (!url || refreshToken === "") return false;
  const form = { token: refreshToken, token_type_hint: "refresh_token", client_id: clientId };
  try {
    const { status } = await exchange(deps, { url, form, timeoutMs: 5_000 }, signal);
    return status >= 200 && status < 300;
  } catch {
    return false;
  }
}
