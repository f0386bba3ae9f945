import { HIDDEN } from "./redact_mask.ts";
import { isPlaceholder } from "./redact_values.ts";

/**
 * Masks the passwords of connection URLs (`postgres://user:pass@host`, `redis://:pass@host`) and the secret paths of
 * webhooks; with `inWebUrls` also the user part of web URLs, tokens being as usual there as names.
 */
export function maskUrlCredentials(text: string, options: { readonly inWebUrls: boolean }): string {
  let masked = "";
  let done = 0;
  for (let colon = text.indexOf("://"); colon !== -1; colon = text.indexOf("://", colon + 3)) {
    const scheme =
      /[a-z][a-z0-9+.-]*$/i.exec(text.slice(Math.max(0, colon - 24), colon))?.[0] ?? "";
    const isWeb = WEB_SCHEME.test(scheme);
    if (scheme === "" || (isWeb && !options.inWebUrls)) continue;
    const rest = restOfUrl(text, colon + 3);
    const secret = isWeb ? userPart(rest) : password(rest);
    if (secret === undefined || isPlaceholder(secret.value)) continue;
    const start = colon + 3 + secret.at;
    masked += text.slice(done, start) + HIDDEN;
    done = start + secret.value.length;
  }
  return (masked + text.slice(done)).replace(WEBHOOK, (_, place: string) => place + HIDDEN);
}

const WEB_SCHEME = /(?:^|\+)(?:https?|wss?|ftps?)$/i;

const WEBHOOK =
  /(hooks\.slack\.com\/(?:services|workflows|triggers)\/|discord(?:app)?\.com\/api\/webhooks\/\d{5,25}\/)[\w/-]{10,}/g;

interface Secret {
  readonly value: string;
  /** Its offset in what follows `://`. */
  readonly at: number;
}

/** Up to a space, a quote or a bracket, and not into the next URL of a list; 2,048 characters at most. */
function restOfUrl(text: string, start: number): string {
  const run = text.slice(start, start + 2048);
  const end = run.search(/[\s"'`<>]|:\/\//);
  return end === -1 ? run : run.slice(0, end);
}

function userPart(rest: string): Secret | undefined {
  const authority = /^[^/?#]*/.exec(rest)?.[0] ?? "";
  const end = authority.lastIndexOf("@");
  if (end !== -1) return { value: rest.slice(0, end), at: 0 };
  const secret = password(rest);
  if (secret === undefined || isPlaceholder(secret.value)) return undefined;
  return { value: rest.slice(0, secret.at + secret.value.length), at: 0 };
}

/** People write passwords with `@`, `/` and `?` unencoded, so the last `@` that can end it does. */
function password(rest: string): Secret | undefined {
  const start = /^[^:/?#@[]*:/.exec(rest)?.[0].length;
  // A port is followed by a path or nothing, never by a host.
  if (start === undefined || /^\d{1,5}(?:[/?#]|$)/.test(rest.slice(start))) return undefined;
  const query = rest.search(/[?#]/);
  const beforeQuery = query === -1 ? -1 : rest.lastIndexOf("@", query);
  const end = beforeQuery === -1 ? rest.lastIndexOf("@") : beforeQuery;
  // An image reference: docker://alpine:3.20@sha256:...
  if (end < start || /^@sha\d+:/.test(rest.slice(end))) return undefined;
  return { value: rest.slice(start, end), at: start };
}
