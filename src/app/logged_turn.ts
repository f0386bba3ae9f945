import type { HermesError } from "../core/errors.ts";
import { addUsage, noUsage, type TurnEvent } from "../core/event.ts";
import type { Log, LogFields } from "../core/log.ts";
import type { Clock } from "../core/ports.ts";

/** What of a turn its lines name. */
export interface LoggedTurn {
  /** By now: a session goes on in another one when it is compressed. */
  sessionId(): string;
  readonly source: string;
  readonly provider: string;
  readonly model: string;
  readonly runtime: string;
}

/** The events of a turn, noted as they pass: its end always, what went wrong on the way, and with `debug` each item. */
export async function* logTurn(
  deps: { readonly log: Log; readonly clock: Pick<Clock, "monotonic"> },
  turn: LoggedTurn,
  events: AsyncIterable<TurnEvent>,
): AsyncGenerator<TurnEvent, void> {
  const { log, clock } = deps;
  const startedAt = clock.monotonic();
  const { source, provider, model, runtime } = turn;
  let usage = noUsage;
  let turnId: string | undefined;
  const facts = (): LogFields => ({ session: turn.sessionId(), turn: turnId });
  for await (const event of events) {
    switch (event.type) {
      case "turn-start":
        turnId = event.turnId;
        log.write("debug", "turn.started", { ...facts(), source, provider, model, runtime });
        break;
      case "item-end":
        log.write("debug", "item.completed", {
          ...facts(),
          item: event.item.type,
          tool: event.item.type === "tool-call" ? event.item.name : undefined,
        });
        break;
      case "retry": {
        const { attempt, maxAttempts: of, delayMs } = event;
        log.write("warning", "retry", { ...facts(), attempt, of, delayMs, ...named(event.error) });
        break;
      }
      case "notice":
        log.write(event.level, "notice", { ...facts(), text: event.text });
        break;
      case "approval-decided": {
        const { decision, by } = event.verdict;
        log.write("info", "approval.decided", {
          ...facts(),
          kind: event.subject.kind,
          decision,
          by,
        });
        break;
      }
      case "session-split":
        log.write("info", "session.compressed", { ...facts(), into: event.sessionId });
        break;
      case "usage":
        usage = addUsage(usage, event.usage);
        break;
      case "turn-end": {
        const { outcome } = event;
        const isFailed = outcome.status === "failed";
        log.write(isFailed ? "error" : "info", `turn.${outcome.status}`, {
          ...facts(),
          source,
          provider,
          model,
          runtime,
          ms: Math.round(clock.monotonic() - startedAt),
          tokens: usage.totalTokens,
          ...(isFailed ? named(outcome.error) : {}),
        });
        break;
      }
      case "item-start":
      case "item-delta":
      case "item-reset":
      case "plan":
        break;
      default:
        event satisfies never;
    }
    yield event;
  }
}

function named({ code, message, httpStatus }: HermesError): LogFields {
  return { code, status: httpStatus, message };
}
