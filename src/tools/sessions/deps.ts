import type { Clock } from "../../core/ports.ts";
import type { SessionCatalog } from "../../core/session_store.ts";

/** What the tools need that look into stored sessions. */
export interface SessionToolDeps {
  /** Opens them; called again for each call. */
  readonly sessions: () => Promise<SessionCatalog>;
  readonly clock: Clock;
  /** Masks what looks like a secret. */
  readonly redact: (text: string) => string;
}
