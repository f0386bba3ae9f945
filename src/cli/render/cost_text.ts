import { counted } from "../../core/counted.ts";
import { providers } from "../../config/providers.ts";
import type { SessionInfo } from "../../core/session_store.ts";

/** How far the cost of a session is known. */
export type CostStatus =
  | "known"
  /** Of some calls. */
  | "partly_known"
  /** Paid with a subscription. */
  | "included"
  | "unknown";

type Spent = Pick<SessionInfo, "provider" | "runtime" | "costUsd" | "calls">;

/** Whether what a session uses is paid by a subscription. */
export function isIncluded({ provider, runtime }: Pick<Spent, "provider" | "runtime">): boolean {
  const row = providers.find(({ id }) => id === provider);
  return runtime === "codex_app_server" || row?.dialect.billing === "subscription";
}

export function costStatus(spent: Spent): CostStatus {
  if (spent.costUsd !== null) return spent.calls.unpriced === 0 ? "known" : "partly_known";
  return isIncluded(spent) ? "included" : "unknown";
}

/** What a session cost, in words; never more than is known. */
export function costText(spent: Spent): string {
  const { costUsd, calls } = spent;
  const status = costStatus(spent);
  switch (status) {
    case "known":
      return dollars(costUsd ?? 0);
    case "partly_known": {
      const others = counted(calls.unpriced, "more call");
      return `${dollars(costUsd ?? 0)}, and ${others} ${isIncluded(spent) ? "in the subscription" : "of unknown cost"}`;
    }
    case "included":
      return "included in the subscription";
    case "unknown":
      return "cost unknown";
    default:
      return status satisfies never;
  }
}

/** Cents where there are dollars, and otherwise as many digits as say something. */
export function dollars(usd: number): string {
  if (usd === 0 || usd >= 1) return `$${usd.toFixed(2)}`;
  const digits = Math.min(9, Math.max(4, 1 - Math.floor(Math.log10(usd))));
  return `$${usd.toFixed(digits)}`;
}
