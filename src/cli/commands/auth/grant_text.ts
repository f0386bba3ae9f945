import { type Grant, isUsable } from "../../../auth/grant.ts";
import type { JsonObject } from "../../../core/json.ts";
import { oneLine } from "../../render/plain.ts";
import { isoTime } from "../../render/time.ts";

/** The state of a grant for people: `ready`, `rests for 12m 5s (429)`, `dead (invalid_grant)`. */
export function grantState(grant: Grant, now: number): string {
  const { status, expiresAt, refreshToken } = grant;
  if (status.kind === "dead") return `dead${because(status)}: sign in again`;
  if (!isUsable(grant, now)) {
    return status.kind === "cooling"
      ? `rests for ${duration(status.until - now)}${because(status)}`
      : "empty";
  }
  if (expiresAt !== undefined && expiresAt <= now && refreshToken === "") return "expired";
  return "ready";
}

/** The facts of a grant for programs; never a token. */
export function grantToJson(grant: Grant, now: number): JsonObject {
  const { status, expiresAt, requestCount } = grant;
  const isReady = isUsable(grant, now);
  return {
    state: isReady ? "ready" : status.kind === "dead" ? "dead" : "cooling",
    expires_at: expiresAt === undefined ? null : isoTime(expiresAt),
    request_count: requestCount,
    ...(status.kind === "ok"
      ? {}
      : {
          error: { code: status.code, reason: status.reason, message: oneLine(status.message) },
          ...(status.kind === "cooling" ? { until: isoTime(status.until) } : {}),
        }),
  };
}

function because({
  code,
  reason,
}: {
  readonly code: number | null;
  readonly reason: string;
}): string {
  const words = [reason, code === null ? "" : String(code)].filter((word) => word !== "");
  return words.length === 0 ? "" : ` (${oneLine(words.join(", "))})`;
}

/** `2d 3h`, `4h 5min`, `12min 5s`, `9s`. */
function duration(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1_000));
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(" ");
}
