import type { JsonObject } from "../../core/json.ts";
import type { OutputStream } from "../../core/ports.ts";
import { JsonProjection, type JsonProjectionDeps } from "./json.ts";
import type { TurnView } from "./turn_view.ts";

export interface JsonViewDeps extends JsonProjectionDeps {
  readonly stdout: Pick<OutputStream, "write">;
}

/** A run as JSON lines: one event, one line, one write. */
export function createJsonView(deps: JsonViewDeps): TurnView {
  const projection = new JsonProjection(deps);
  const print = async (events: readonly JsonObject[]): Promise<void> => {
    for (const event of events) await deps.stdout.write(`${JSON.stringify(event)}\n`);
  };
  return {
    opened: (session) => print(projection.opened(session)),
    notice: (level, text) => print(projection.notice(level, text)),
    event: (event) => print(projection.event(event)),
    // Its item has told it.
    answer: () => Promise.resolve(),
    end: (outcome) => print(projection.end(outcome)),
  };
}
