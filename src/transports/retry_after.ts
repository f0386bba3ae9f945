/**
 * Time to wait before retrying, in milliseconds; undefined when there is no header or it cannot be read.
 * Accepts delta-seconds (also with a fraction) or an HTTP date (RFC 9110 section 10.2.3); dates are read against `now`
 * (ms since epoch) and ignored without it, past ones are 0.
 */
export function retryAfterMs(header: string | null, now?: number): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000);
  // Only what looks like a date: `Date.parse` also takes "-5" for a year.
  if (now === undefined || !/^[A-Za-z]{3,9},? /.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/**
 * What the headers of a refusal ask to wait, in milliseconds: `retry-after-ms` (OpenAI and Azure, exact) before
 * `retry-after`. A date is read against the answer's own `date`, which knows no skewed clock, else against `now`.
 */
export function requestedDelayMs(headers: Headers, now?: number): number | undefined {
  const exact = headers.get("retry-after-ms")?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(exact)) return Math.ceil(Number(exact));
  const sentAt = Date.parse(headers.get("date") ?? "");
  return retryAfterMs(headers.get("retry-after"), Number.isNaN(sentAt) ? now : sentAt);
}

const millisecondsOf: Readonly<Record<string, number>> = {
  ms: 1,
  millisecond: 1,
  s: 1000,
  sec: 1000,
  second: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
};

const span =
  /(\d+(?:\.\d+)?)\s?(milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|h)(?![a-z])/giy;

/** The delay that a message names in words (`Please try again in 1m12.5s`), in milliseconds, or undefined. */
export function delayInText(text: string): number | undefined {
  const lead = /\b(?:try again|retry) (?:in|after) (?=\d)/i.exec(text);
  return lead === null ? undefined : spanIn(text.slice(lead.index + lead[0].length));
}

/** The span that a text begins with (`1m12.5s`, `859 ms`), in milliseconds, or undefined. */
export function spanIn(text: string): number | undefined {
  let total: number | undefined;
  for (const [, count = "", unit = ""] of text.matchAll(span)) {
    const ms =
      millisecondsOf[unit.toLowerCase()] ?? millisecondsOf[unit.toLowerCase().slice(0, -1)];
    total = (total ?? 0) + Number(count) * (ms ?? 0);
  }
  return total === undefined ? undefined : Math.ceil(total);
}
