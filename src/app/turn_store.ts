import type { TurnStore } from "../agent/session_turn.ts";
import type { NewSession, RuntimeName, SessionInfo, SessionStore } from "../core/session_store.ts";

/**
 * The store of a session that goes on. What another backend remembers of it ends with the first turn that it has no part
 * in: going on from there it would not know of that turn.
 */
export function goingOnStore(
  store: SessionStore,
  info: SessionInfo,
  runtime: RuntimeName,
): TurnStore {
  if (info.runtimeState === null || runtime === "codex_app_server") return store;
  let isForgotten = false;
  return {
    async startTurn(turn) {
      await store.startTurn(turn);
      if (!isForgotten) await store.keepRuntimeState(turn.turnId, null);
      isForgotten = true;
    },
    append: (turnId, item, at) => store.append(turnId, item, at),
    keepRuntimeState: (turnId, state) => store.keepRuntimeState(turnId, state),
    split: (split) => store.split(split),
    endTurn: (turn) => store.endTurn(turn),
  };
}

/** The store, with the session's row written by its first turn: a conversation without one leaves no trace. */
export function creatingStore(store: SessionStore, session: NewSession): TurnStore {
  let isCreated = false;
  return {
    async startTurn(turn) {
      if (!isCreated) await store.create(session);
      isCreated = true;
      await store.startTurn(turn);
    },
    append: (turnId, item, at) => store.append(turnId, item, at),
    keepRuntimeState: (turnId, state) => store.keepRuntimeState(turnId, state),
    split: (split) => store.split(split),
    endTurn: (turn) => store.endTurn(turn),
  };
}
