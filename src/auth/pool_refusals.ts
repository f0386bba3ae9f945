import { HermesError } from "../core/errors.ts";
import type { Grant, GrantStatus } from "./grant.ts";
import { choose, earliestReset } from "./pool.ts";

/** Why none of a provider's logins, of which there are some, would be sent; undefined where one would be. */
export function refusal(grants: readonly Grant[], now: number): HermesError | undefined {
  const choice = choose(grants, { strategy: "fill_first", now, random: () => 0 });
  return choice ? undefined : nothingLeft(grants[0]?.provider ?? "", grants, now);
}

/** The failure of a provider of which no login can be used now. */
export function nothingLeft(provider: string, grants: readonly Grant[], now: number): HermesError {
  const reset = earliestReset(grants.filter(({ status }) => !isRefusal(status)));
  if (reset !== undefined && reset > now) {
    const minutes = Math.ceil((reset - now) / 60_000);
    return new HermesError(
      "model/quota",
      `Every login of ${provider} has used up its limit; the first is free again in ${minutes} min`,
      {
        retryAfterMs: reset - now,
        hint: `wait, or try at once: hermes auth reset ${provider}`,
      },
    );
  }
  const [dead] = grants.flatMap(({ status }) => (status.kind === "dead" ? [status] : []));
  const why = dead ? `: ${dead.message === "" ? dead.reason : dead.message}` : "";
  return new HermesError("auth/rejected", `The login of ${provider} is no good any more${why}`, {
    hint: `sign in again: hermes auth add ${provider}`,
  });
}

/** Whether a grant rests because it was refused as such. */
function isRefusal(status: GrantStatus): boolean {
  return status.kind === "cooling" && status.code === 401;
}

/** The failure of a renewal without which a login cannot be used. */
export function notRenewed(grant: Grant, error: HermesError): HermesError {
  const { code, retryable, retryAfterMs, httpStatus } = error;
  const isOver = code === "auth/sign_in_failed" && !retryable;
  const hint = isOver ? `sign in again: hermes auth add ${grant.provider}` : error.hint;
  return new HermesError(code, `The login ${grant.label} could not be renewed: ${error.message}`, {
    cause: error,
    retryable,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(httpStatus === undefined ? {} : { httpStatus }),
    ...(hint === undefined ? {} : { hint }),
  });
}
