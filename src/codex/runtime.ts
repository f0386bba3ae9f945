import { AsyncQueue } from "../core/async_queue.ts";
import { defined } from "../core/defined.ts";
import type { HermesError } from "../core/errors.ts";
import type { TurnEvent, TurnOutcome } from "../core/event.ts";
import type { UserMessage } from "../core/item.ts";
import type { ReasoningEffort } from "../core/model.ts";
import type { AgentRuntime, TurnRequest } from "../core/runtime.ts";
import type { Steering } from "../core/steering.ts";
import { abortable } from "../wire/abortable.ts";
import { isDoneWithin } from "../wire/done_within.ts";
import { RpcError } from "../wire/json_rpc.ts";
import { CodexTurn, type TurnScope } from "./codex_turn.ts";
import { Connection } from "./connection.ts";
import { failedBy, outcomeOf, startFailure } from "./failures.ts";
import { firstFailure, interrupt } from "./interruption.ts";
import { passOn } from "./pass_on.ts";
import type { CodexProcess } from "./process.ts";
import { serverNews } from "./server_readiness.ts";
import {
  openSessionThread,
  type SessionThread,
  type SessionThreadDeps,
  type SessionThreadOptions,
} from "./session_thread.ts";
import { type Opening, openingNotices } from "./thread_opening.ts";
import { inputOf, turnStart } from "./thread_options.ts";
import { formatThreadState } from "./thread_state.ts";
import type { CodexLimits } from "./turn_clock.ts";

/** How long an interrupted turn is waited for before it is called interrupted, in milliseconds. */
const interruptShownMs = 200;
/** How long codex may take in all to end an interrupted turn before it is ended itself. */
const interruptMs = 5_000;
/** Failures after which codex is started anew: it reads its sign-in once, and one that is silent stays so. */
const unusableAfter = /^(?:auth\/.*|codex\/exited|codex\/silent|stream\/invalid)$/;

export interface CodexRuntimeDeps extends SessionThreadDeps {
  /** Starts codex. @throws {HermesError} `codex/missing` */
  readonly start: () => Promise<CodexProcess>;
  /** Masks secrets in what codex writes to stderr. */
  readonly mask: (text: string) => string;
}

export interface CodexRuntimeOptions extends SessionThreadOptions {
  readonly limits: CodexLimits;
  /** The user's choice; codex's own configuration decides where it is absent. */
  readonly effort?: ReasoningEffort;
}

/** Turns run by `codex app-server`. One codex serves the turns of a session; a new one takes over when it has died. */
export interface CodexRuntime extends AgentRuntime {
  /** Says something more to the turn that runs; false when there is none that listens. */
  steer(message: UserMessage, signal: AbortSignal): Promise<boolean>;
  /** Has codex compact the thread of a session, as a turn that says nothing. */
  compact(session: TurnScope, signal: AbortSignal): AsyncIterable<TurnEvent>;
}

export function createCodexRuntime(
  deps: CodexRuntimeDeps,
  options: CodexRuntimeOptions,
): CodexRuntime {
  return new Runtime(deps, options);
}

/** A turn, and how codex is told to begin it. */
interface Begun {
  readonly scope: TurnScope;
  readonly start: (ready: ReadyTurn) => Promise<void>;
  readonly steering?: Steering;
}

/** A turn that can begin: its thread is open, and it hears what codex sends. */
interface ReadyTurn {
  readonly open: SessionThread;
  readonly codexTurn: CodexTurn;
  /** What of it people should know. */
  readonly notices: readonly string[];
}

class Runtime implements CodexRuntime {
  readonly #deps: CodexRuntimeDeps;
  readonly #options: CodexRuntimeOptions;
  #open: SessionThread | undefined;
  #running: ReadyTurn | undefined;
  /** The turn that runs, up to its outcome; never rejects. */
  #busy: Promise<unknown> = Promise.resolve();
  /** What the last turn left to end, which the next one waits for. */
  #settling: Promise<void> = Promise.resolve();
  /** Notices about MCP servers that were given already: each is given once. */
  readonly #told = new Set<string>();
  readonly #disposed = new AbortController();

  constructor(deps: CodexRuntimeDeps, options: CodexRuntimeOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  runTurn(turn: TurnRequest, signal: AbortSignal): AsyncGenerator<TurnEvent, void> {
    const begun: Begun = {
      scope: turn,
      start: (ready) => this.#startTurn(ready, turn),
      ...defined("steering", turn.steering),
    };
    return this.#events(begun, signal);
  }

  compact(session: TurnScope, signal: AbortSignal): AsyncGenerator<TurnEvent, void> {
    return this.#events({ scope: session, start: (ready) => this.#startCompaction(ready) }, signal);
  }

  async *#events(turn: Begun, signal: AbortSignal): AsyncGenerator<TurnEvent, void> {
    // Ends the work when the consumer stops listening.
    const left = new AbortController();
    const events = new AsyncQueue<TurnEvent>();
    const over = AbortSignal.any([signal, left.signal, this.#disposed.signal]);
    const work = this.#run(turn, events, over);
    this.#busy = work;
    try {
      yield* events;
    } finally {
      left.abort();
      await work;
    }
  }

  async steer(message: UserMessage, signal: AbortSignal): Promise<boolean> {
    const { open, codexTurn } = this.#running ?? {};
    if (!open || codexTurn?.id === undefined || codexTurn.isCompleted) return false;
    const { connection, threadId } = open;
    try {
      await connection.client.steer(threadId, codexTurn.id, inputOf(message), signal);
      return true;
    } catch (error) {
      // The turn ended meanwhile, or cannot be steered: the message is for the next one.
      if (error instanceof RpcError) return false;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed.abort();
    await this.#open?.connection.stop();
    await this.#busy;
    // A turn that was just beginning may have opened another one.
    await this.#open?.connection.stop();
    await this.#settling;
  }

  /** Never rejects: how the turn ends is its last event. */
  async #run(turn: Begun, events: AsyncQueue<TurnEvent>, signal: AbortSignal): Promise<void> {
    const outcome = await this.#play(turn, events, signal).catch((error: unknown) =>
      failedBy(error, signal),
    );
    events.push({ type: "turn-end", outcome });
    events.end();
  }

  async #play(
    turn: Begun,
    events: AsyncQueue<TurnEvent>,
    signal: AbortSignal,
  ): Promise<TurnOutcome> {
    const { turnId } = turn.scope;
    const ready = await this.#prepare(turn.scope, events, signal).catch((error: unknown) => {
      events.push({ type: "turn-start", turnId });
      throw error;
    });
    const { open, codexTurn, notices } = ready;
    events.push({ type: "turn-start", turnId, runtimeState: formatThreadState(open) });
    for (const text of notices) events.push({ type: "notice", level: "warning", text });
    codexTurn.join(open);
    this.#running = ready;
    try {
      return await this.#conduct(ready, turn, signal);
    } finally {
      this.#running = undefined;
    }
  }

  /** The thread of the session in a codex that runs, and a turn for it. */
  async #prepare(
    turn: TurnScope,
    events: AsyncQueue<TurnEvent>,
    signal: AbortSignal,
  ): Promise<ReadyTurn> {
    await abortable(() => this.#settling, signal);
    const known = this.#open;
    if (known && !known.connection.isOver) {
      const codexTurn = this.#listen(known.connection, turn, events);
      return { open: known, codexTurn, notices: this.#serverNotices(known) };
    }
    // It died by itself: what it left behind is ended.
    await known?.connection.stop();
    const connection = new Connection(await this.#deps.start(), this.#deps);
    const codexTurn = this.#listen(connection, turn, events);
    try {
      const request = { connection, turn, known };
      const opened = await openSessionThread(this.#deps, this.#options, request, signal);
      const { thread: open, opening } = opened;
      this.#open = open;
      const opens = openingNotices(opening).map((text) => this.#deps.mask(text));
      const notices = [...opens, ...this.#serverNotices(open, opening)];
      return { open, codexTurn, notices };
    } catch (error) {
      const why = await connection.explain(error);
      this.#settling = connection.stop();
      throw why;
    }
  }

  /** What is new of the servers of a thread, and of those that it could not get. */
  #serverNotices(open: SessionThread, opened?: Opening): readonly string[] {
    const news = [
      ...(opened?.servers.notices ?? []),
      ...serverNews(open.connection.servers, open.servers),
    ];
    const notices = news.filter((text) => !this.#told.has(text));
    for (const text of notices) this.#told.add(text);
    return notices.map((text) => this.#deps.mask(text));
  }

  /** From here on a turn hears what codex sends and answers what it asks, which it may while it opens a thread. */
  #listen(connection: Connection, turn: TurnScope, events: AsyncQueue<TurnEvent>): CodexTurn {
    const { clock, tools } = this.#deps;
    const codexTurn = new CodexTurn(
      {
        peer: connection.peer,
        events,
        clock,
        tools,
        limits: this.#options.limits,
        isInjected: (server) => connection.servers.isInjected(server),
        stderr: () => connection.stderr(),
      },
      turn,
    );
    connection.listen(codexTurn);
    return codexTurn;
  }

  async #conduct(ready: ReadyTurn, turn: Begun, signal: AbortSignal): Promise<TurnOutcome> {
    const { open, codexTurn } = ready;
    open.connection.enter("in the middle of a turn");
    const started = turn.start(ready);
    started.catch((error: unknown) => codexTurn.leave(failedBy(error, signal)));
    const over = new AbortController();
    const heard = AbortSignal.any([signal, over.signal]);
    const { clock } = this.#deps;
    const steer = (message: UserMessage) => this.steer(message, heard);
    const passedOn =
      turn.steering &&
      passOn({ clock, steer }, { codexTurn, started, steering: turn.steering }, heard);
    const failure = await firstFailure(codexTurn, signal);
    over.abort();
    if (failure) {
      this.#settling = this.#settle(ready, started, failure);
      await isDoneWithin(clock, codexTurn.ended, interruptShownMs);
      codexTurn.leave(outcomeOf(failure));
    }
    const ended = await codexTurn.ended;
    await passedOn;
    open.usage = codexTurn.threadUsage;
    open.hasLeftWork ||= codexTurn.hasLeftWork;
    if (!failure) this.#settling = this.#rest(ready, ended);
    // Codex calls every turn interrupted that was ended from here; why it was is only known here.
    return failure && ended.status !== "completed"
      ? outcomeOf(failure, codexTurn.completedItemIds)
      : ended;
  }

  async #startTurn({ open, codexTurn }: ReadyTurn, turn: TurnRequest): Promise<void> {
    const { effort } = this.#options;
    const { outputSchema } = turn;
    const params = turnStart(open.threadId, turn.message, {
      ...(effort === undefined ? {} : { effort }),
      ...(outputSchema === undefined ? {} : { outputSchema }),
    });
    try {
      codexTurn.begin(await open.connection.client.startTurn(params, this.#disposed.signal));
    } catch (error) {
      throw startFailure(await open.connection.explain(error));
    }
  }

  async #startCompaction({ open, codexTurn }: ReadyTurn): Promise<void> {
    const { client } = open.connection;
    try {
      await client.startCompaction(open.threadId, this.#disposed.signal);
      codexTurn.beginNext();
    } catch (error) {
      throw startFailure(await open.connection.explain(error));
    }
  }

  /** After a turn that ended by itself. */
  async #rest({ open: { connection }, codexTurn }: ReadyTurn, ended: TurnOutcome): Promise<void> {
    if (connection.isOver || mustRetire(ended)) await connection.stop();
    else connection.idle();
    await codexTurn.questionsGone();
  }

  /** After a turn that was ended from here: a codex that does not end it in time is ended itself. */
  async #settle(ready: ReadyTurn, started: Promise<void>, failure: HermesError): Promise<void> {
    const { open, codexTurn } = ready;
    // One that has been silent all the time is not waited for again.
    const ms = failure.code === "codex/silent" ? interruptShownMs : interruptMs;
    const unwanted = { ...open, codexTurn, started };
    const isEnded = await interrupt(this.#deps.clock, unwanted, ms);
    open.hasLeftWork &&= !isEnded;
    if (isEnded) open.connection.idle();
    else await open.connection.stop();
    await codexTurn.questionsGone();
  }
}

/** Whether the codex that ended a turn like this must not run another one. */
function mustRetire(outcome: TurnOutcome): boolean {
  return outcome.status === "failed" && unusableAfter.test(outcome.error.code);
}
