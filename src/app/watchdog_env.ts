import { defined } from "../core/defined.ts";
import type { Env } from "../core/ports.ts";
import type { Watchdogs } from "../transports/watchdogs.ts";

/**
 * What the environment sets about waiting for a model: seconds, 0 for no limit. `HERMES_CODEX_*` keep the names that
 * they have had since the limits were made for ChatGPT's backend. What is no number is not set.
 */
export function watchdogsOf(env: Env): Watchdogs {
  const number = (name: string): number | undefined => {
    const text = env[name]?.trim() ?? "";
    const value = Number(text);
    return text !== "" && Number.isFinite(value) && value >= 0 ? value : undefined;
  };
  const ms = (name: string): number | undefined => {
    const seconds = number(name);
    return seconds === undefined ? undefined : seconds * 1_000;
  };
  const strict = /^(?:1|true|yes|on)$/i.test(env["HERMES_CODEX_TTFB_STRICT"]?.trim() ?? "");
  return {
    ...defined("firstEventMs", ms("HERMES_CODEX_TTFB_TIMEOUT_SECONDS")),
    ...defined("firstEventStrict", strict || undefined),
    ...defined("longPromptTokens", number("HERMES_CODEX_TTFB_DISABLE_ABOVE_TOKENS")),
    ...defined("eventGapMs", ms("HERMES_CODEX_EVENT_STALE_TIMEOUT_SECONDS")),
    ...defined("staleMs", ms("HERMES_API_CALL_STALE_TIMEOUT")),
    ...defined("requestMs", ms("HERMES_API_TIMEOUT")),
  };
}
