import { spanIn } from "./retry_after.ts";

/** OpenAI, Groq, OpenRouter and most others, with or without what is counted; the draft of the IETF without it. */
const remainingOf = /^(?:x-)?ratelimit-remaining(-[\w-]+)?$/;
/** Anthropic: `anthropic-ratelimit-input-tokens-remaining`. */
const vendorRemainingOf = /^([a-z]+-ratelimit-[\w-]+)-remaining$/;

/**
 * How long until every limit of a refusal's headers that is used up begins anew, in milliseconds; undefined where none
 * says so, or where that is over already: the refusal is newer. Resets are spans (`6m0s`), seconds, or moments (RFC 3339,
 * seconds or milliseconds since epoch), which are read against the answer's own `date`, else against `now`.
 */
export function limitResetMs(headers: Headers, now?: number): number | undefined {
  const sentAt = Date.parse(headers.get("date") ?? "");
  const from = Number.isNaN(sentAt) ? now : sentAt;
  const resets = [...headers]
    .filter(([, value]) => value.trim() === "0")
    .flatMap(([name]) => resetsBeside(name))
    .map((name) => delayOf(headers.get(name)?.trim() ?? "", from) ?? 0)
    .filter((delay) => delay > 0);
  return resets.length === 0 ? undefined : Math.max(...resets);
}

/** The name of the header that tells the reset of a limit, by that of the header that tells what remains of it. */
function resetsBeside(name: string): readonly string[] {
  if (remainingOf.test(name)) return [name.replace("remaining", "reset")];
  const [, limit] = vendorRemainingOf.exec(name) ?? [];
  return limit === undefined ? [] : [`${limit}-reset`];
}

function delayOf(text: string, from: number | undefined): number | undefined {
  if (/^\d+(?:\.\d+)?$/.test(text)) return delayOfNumber(Number(text), from);
  if (/^\d{4}-\d\d-\d\dT/.test(text)) return delayUntil(Date.parse(text), from);
  return /^[\d.hms\s]+$/.test(text) ? spanIn(text) : undefined;
}

/** Too large for a span, a number is a moment. */
function delayOfNumber(value: number, from: number | undefined): number | undefined {
  if (value > 1e11) return delayUntil(value, from);
  return value > 1e9 ? delayUntil(value * 1000, from) : Math.ceil(value * 1000);
}

function delayUntil(at: number, from: number | undefined): number | undefined {
  return Number.isNaN(at) || from === undefined ? undefined : at - from;
}
