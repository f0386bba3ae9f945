import { type Compressor, createCompressor } from "../agent/compression/compressor.ts";
import { thresholdFor } from "../agent/compression/limits.ts";
import type { Config } from "../config/schema.ts";
import type { AuxiliaryModel } from "../core/auxiliary.ts";
import type { Clock } from "../core/ports.ts";
import type { SessionCatalog, SessionStore } from "../core/session_store.ts";
import { newItemId } from "./ids.ts";
import { newSessionId } from "./session_id.ts";
import type { Toolbox } from "./toolbox.ts";

/** What of the store decides who may compress a session. */
export type SessionLocks = Pick<SessionStore, "lock" | "unlock"> &
  Pick<SessionCatalog, "tip" | "isBehind">;

export interface CompressionParts {
  readonly config: Pick<Config, "compression">;
  /** Absent for what is not stored: nobody else can have it. */
  readonly store?: SessionLocks;
  readonly clock: Clock;
  readonly auxiliary: AuxiliaryModel;
  readonly tools: Toolbox["sessions"];
  /** The model whose context it is. */
  readonly model: {
    readonly provider: string;
    readonly model: string;
    readonly contextLength: number;
  };
  /** Masks secrets. */
  redact(text: string): string;
  /** The system prompt of a session that begins now. */
  instructions(): Promise<string>;
  /** The id of the session in which it goes on; one like any other where absent. */
  readonly newSessionId?: () => string;
}

/** A process that died with the lock, and that nobody sees to be gone, holds it no longer than this, in milliseconds. */
const lockLifeMs = 300_000;

/** What keeps the context of a conversation within its model's window, as the user configured it. */
export function openCompressor(parts: CompressionParts): Compressor {
  const { store, clock, auxiliary, tools, model } = parts;
  const { compression } = parts.config;
  return createCompressor(
    {
      auxiliary,
      clock,
      redact: (text) => parts.redact(text),
      newId: newItemId,
      newSessionId: parts.newSessionId ?? (() => newSessionId(clock.now())),
      async lock(sessionId) {
        if (store === undefined) return { [Symbol.asyncDispose]: () => Promise.resolve() };
        const lock = { sessionId, holder: crypto.randomUUID() };
        const isOurs = await store.lock({ ...lock, at: clock.now(), lifeMs: lockLifeMs });
        if (!isOurs) return undefined;
        // A lock that cannot be given back runs out by itself: no reason to fail a turn.
        return { [Symbol.asyncDispose]: () => store.unlock(lock).catch(() => undefined) };
      },
      async movedTo(sessionId) {
        if (store === undefined) return undefined;
        const { id } = await store.tip(sessionId);
        return id === sessionId ? undefined : id;
      },
      isBehind: async (sessionId) => (await store?.isBehind(sessionId)) ?? false,
      instructions: () => parts.instructions(),
      toolState: (sessionId) => tools.stateOf(sessionId),
      moveTools: (from, to) => tools.move(from, to),
    },
    {
      contextLength: model.contextLength,
      threshold: thresholdFor(model, {
        threshold: compression.threshold,
        autoRaise: compression.codex_gpt55_autoraise,
      }),
      targetRatio: compression.target_ratio,
      protectFirst: compression.protect_first_n,
      protectLast: compression.protect_last_n,
      isAutomatic: compression.enabled,
      abortsOnFailure: compression.abort_on_summary_failure,
    },
  );
}
