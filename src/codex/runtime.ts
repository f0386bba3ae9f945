import { abortError, HermesError, throwIfAborted, toHermesError } from "../core/errors.ts";
import { AsyncQueue } from "../core/async_queue.ts";
import type { TurnEvent, TurnOutcome } from "../core/event.ts";
import type { UserMessage } from "../core/item.ts";
import type { ReasoningEffort } from "../core/model.ts";
import type { Clock } from "../core/ports.ts";
import type { AgentRuntime, TurnRequest } from "../core/runtime.ts";
import type { Tool } from "../core/tool.ts";
import { RpcError } from "../wire/json_rpc.ts";
import type { OpenedThread } from "./client.ts";
import { CodexTurn } from "./codex_turn.ts";
import { Connection } from "./connection.ts";
import { dynamicToolSpecs } from "./dynamic_tools.ts";
import { signInHint } from "./failures.ts";
import type { CodexProcess } from "./process.ts";
import {
  historyItems,
  inputOf,
  type ThreadOptions,
  threadResume,
  threadStart,
  turnStart,
} from "./thread_options.ts";
import type { CodexLimits } from "./turn_clock.ts";

/** How long an interrupted turn is waited for before it is called interrupted, in milliseconds. */
const interruptShownMs = 200;
/** How often codex is asked to end a turn that it has not begun, and the pause between. */
const interruptAttempts = 20;
const interruptPauseMs = 25;
/** How long codex may take in all to end an interrupted turn before it is ended itself. */
const interruptMs = 5_000;

export interface CodexRuntimeDeps {
  /** Starts codex. @throws {HermesError} `codex/missing` */
  readonly start: () => Promise<CodexProcess>;
  readonly clock: Clock;
  /** Tools that codex's model gets besides codex's own. */
  readonly tools: readonly Tool[];
  /** Masks secrets in what codex writes to stderr. */
  readonly mask: (text: string) => string;
}

export interface CodexRuntimeOptions {
  /** Ours, told to codex. */
  readonly version: string;
  readonly limits: CodexLimits;
  /** The user's choices; codex's own configuration decides where they are absent. */
  readonly model?: string;
  readonly effort?: ReasoningEffort;
  readonly serviceTier?: string;
}

/** Turns run by `codex app-server`. One codex serves the turns of a session; a new one takes over when it has died. */
export interface CodexRuntime extends AgentRuntime {
  /** Says something more to the turn that runs; false when there is none that listens. */
  steer(message: UserMessage, signal: AbortSignal): Promise<boolean>;
}

export function createCodexRuntime(
  deps: CodexRuntimeDeps,
  options: CodexRuntimeOptions,
): CodexRuntime {
  return new Runtime(deps, options);
}

interface OpenThread {
  readonly connection: Connection;
  readonly threadId: string;
}

class Runtime implements CodexRuntime {
  readonly #deps: CodexRuntimeDeps;
  readonly #options: CodexRuntimeOptions;
  #open: OpenThread | undefined;
  #running: { readonly open: OpenThread; readonly turn: CodexTurn } | undefined;
  /** What an interrupted turn still has to end. */
  #settling: Promise<void> = Promise.resolve();
  readonly #disposed = new AbortController();

  constructor(deps: CodexRuntimeDeps, options: CodexRuntimeOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  async *runTurn(turn: TurnRequest, signal: AbortSignal): AsyncGenerator<TurnEvent, void> {
    // Ends the work when the consumer stops listening.
    const left = new AbortController();
    const events = new AsyncQueue<TurnEvent>();
    const work = this.#run(turn, events, AbortSignal.any([signal, left.signal]));
    try {
      yield* events;
    } finally {
      left.abort();
      await work;
    }
  }

  async steer(message: UserMessage, signal: AbortSignal): Promise<boolean> {
    const running = this.#running;
    const turnId = running?.turn.id;
    if (!running || turnId === undefined || running.turn.isCompleted) return false;
    const { connection, threadId } = running.open;
    try {
      await connection.client.steer(threadId, turnId, inputOf(message), signal);
      return true;
    } catch (error) {
      // The turn ended meanwhile, or cannot be steered: the message is for the next one.
      if (error instanceof RpcError) return false;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed.abort();
    this.#drop();
    await this.#settling;
  }

  /** Never rejects: how the turn ends is its last event. */
  async #run(turn: TurnRequest, events: AsyncQueue<TurnEvent>, signal: AbortSignal): Promise<void> {
    const outcome = await this.#play(turn, events, signal).catch((error: unknown) =>
      failedBy(error, signal),
    );
    events.push({ type: "turn-end", outcome });
    events.end();
  }

  async #play(
    turn: TurnRequest,
    events: AsyncQueue<TurnEvent>,
    signal: AbortSignal,
  ): Promise<TurnOutcome> {
    await this.#settling;
    throwIfAborted(signal);
    const open = await this.#thread(turn, events, signal);
    events.push({ type: "turn-start", turnId: turn.turnId, runtimeState: open.threadId });
    const { connection, threadId } = open;
    const codexTurn = new CodexTurn(
      {
        peer: connection.peer,
        clock: this.#deps.clock,
        tools: this.#deps.tools,
        limits: this.#options.limits,
        stderr: () => connection.stderr(),
      },
      turn,
      threadId,
    );
    const forwarded = forward(codexTurn.events, events);
    this.#running = { open, turn: codexTurn };
    connection.enter("in the middle of a turn");
    try {
      return await this.#conduct(open, { turn, codexTurn, signal });
    } finally {
      this.#running = undefined;
      await forwarded;
    }
  }

  async #conduct(open: OpenThread, { turn, codexTurn, signal }: Conducted): Promise<TurnOutcome> {
    const { connection } = open;
    await listenFromStart(connection, codexTurn);
    const started = this.#startTurn(open, turn, codexTurn);
    started.catch((error: unknown) => codexTurn.leave(failedBy(error, signal)));
    const failure = await firstFailure(codexTurn, signal);
    if (failure) await this.#interrupt(open, { codexTurn, started, failure });
    const outcome = because(failure, await codexTurn.ended);
    if (connection.isOver || mustRetire(outcome)) this.#drop();
    else connection.listen(idleListener(connection));
    return await explained(connection, outcome);
  }

  async #startTurn(open: OpenThread, turn: TurnRequest, codexTurn: CodexTurn): Promise<void> {
    const { effort } = this.#options;
    const { outputSchema } = turn;
    const params = turnStart(open.threadId, turn.message, {
      ...(effort === undefined ? {} : { effort }),
      ...(outputSchema === undefined ? {} : { outputSchema }),
    });
    try {
      const turnId = await open.connection.client.startTurn(params, this.#disposed.signal);
      await codexTurn.begin(turnId ?? "");
    } catch (error) {
      throw startFailure(await open.connection.explain(error));
    }
  }

  /**
   * Asks codex to end the turn, and calls it over after a moment, whatever codex does; what codex still has to end is
   * waited for before the next turn.
   */
  async #interrupt(open: OpenThread, { codexTurn, started, failure }: Interruption): Promise<void> {
    const { clock } = this.#deps;
    const ended = new AbortController();
    const asked = (async () => {
      await codexTurn.cancelQuestions();
      await started;
      await this.#askToEnd(open, codexTurn);
    })().catch(() => undefined);
    await Promise.race([
      codexTurn.ended,
      clock.sleep(interruptShownMs, ended.signal).catch(() => undefined),
    ]);
    const hadWork = codexTurn.hasOpenWork;
    const isOver = codexTurn.isCompleted;
    codexTurn.leave(outcomeOf(failure));
    ended.abort();
    this.#settling = this.#settle(open, { asked, isOver, hadWork });
    if (failure.code === "codex/silent") this.#drop();
  }

  /** Codex refuses until it has begun the turn that it has already named: then it is asked again. */
  async #askToEnd({ connection, threadId }: OpenThread, codexTurn: CodexTurn): Promise<void> {
    for (let attempt = 0; attempt < interruptAttempts; attempt++) {
      if (codexTurn.id === undefined || codexTurn.isCompleted) return;
      try {
        return await connection.client.interrupt(threadId, codexTurn.id, this.#disposed.signal);
      } catch (error) {
        if (!(error instanceof RpcError)) throw error;
      }
      await this.#deps.clock.sleep(interruptPauseMs, this.#disposed.signal);
    }
    // A turn that went on would take the next message for its own.
    this.#drop();
  }

  /** Lets codex end what was interrupted, within its time. */
  async #settle(
    open: OpenThread,
    { asked, isOver, hadWork }: { asked: Promise<void>; isOver: boolean; hadWork: boolean },
  ): Promise<void> {
    const { clock } = this.#deps;
    const { connection, threadId } = open;
    const done = new AbortController();
    const stop = AbortSignal.any([done.signal, this.#disposed.signal]);
    const late = clock.sleep(interruptMs, stop).then(
      () => true,
      () => false,
    );
    const clean = (async () => {
      await asked;
      if (hadWork || !isOver) await connection.client.cleanBackground(threadId, stop);
      return false;
    })().catch(() => false);
    const isLate = await Promise.race([late, clean]);
    done.abort();
    if (isLate) this.#drop();
  }

  /** The thread of the session, in a codex that runs. */
  async #thread(
    turn: TurnRequest,
    events: AsyncQueue<TurnEvent>,
    signal: AbortSignal,
  ): Promise<OpenThread> {
    if (this.#open && !this.#open.connection.isOver) return this.#open;
    const threadId = this.#open?.threadId ?? turn.runtimeState;
    const connection = new Connection(await this.#deps.start(), this.#deps);
    try {
      const opened = await this.#openThread(connection, { turn, events, threadId, signal });
      this.#open = { connection, threadId: opened.threadId };
      return this.#open;
    } catch (error) {
      const why = await connection.explain(error);
      this.#stopLater(connection);
      throw why;
    }
  }

  async #openThread(
    connection: Connection,
    from: {
      readonly turn: TurnRequest;
      readonly events: AsyncQueue<TurnEvent>;
      readonly threadId: string | undefined;
      readonly signal: AbortSignal;
    },
  ): Promise<OpenedThread> {
    const { turn, events, threadId, signal } = from;
    const { client } = connection;
    await client.initialize(this.#options.version, signal);
    connection.enter("while it opened the session");
    const [settings, account] = await Promise.all([
      client.readSettings(signal),
      // Some versions need the network for it.
      client.readAccount(signal).catch(() => undefined),
    ]);
    if (account?.isNeeded === true && account.kind === undefined) throw notSignedIn();
    const { model, serviceTier } = this.#options;
    const options: ThreadOptions = {
      instructions: turn.instructions,
      hasSandboxChoice: settings.hasSandboxChoice,
      tools: dynamicToolSpecs(this.#deps.tools),
      ...(model === undefined ? {} : { model }),
      ...(serviceTier === undefined ? {} : { serviceTier }),
    };
    if (threadId !== undefined) {
      const resumed = await this.#resume(connection, threadResume(threadId, options), signal);
      if (resumed) return resumed;
      const text =
        "codex does not have this session's thread any more: a new one goes on from what was said";
      events.push({ type: "notice", level: "warning", text });
    }
    const opened = await client.startThread(threadStart(options), signal);
    const history = historyItems(turn.history);
    if (history.length > 0) await client.injectItems(opened.threadId, history, signal);
    return opened;
  }

  /** The thread as codex has it; undefined when it has it no more. */
  async #resume(
    { client }: Connection,
    params: ReturnType<typeof threadResume>,
    signal: AbortSignal,
  ): Promise<OpenedThread | undefined> {
    try {
      return await client.resumeThread(params, signal);
    } catch (error) {
      if (error instanceof RpcError) return undefined;
      throw error;
    }
  }

  /** Ends codex, which may take a moment; the thread is resumed in the next one. */
  #drop(): void {
    if (this.#open) this.#stopLater(this.#open.connection);
  }

  /** Nobody waits for it but the next turn and the end. */
  #stopLater(connection: Connection): void {
    this.#settling = Promise.all([this.#settling, connection.stop()]).then(() => undefined);
  }
}

interface Conducted {
  readonly turn: TurnRequest;
  readonly codexTurn: CodexTurn;
  readonly signal: AbortSignal;
}

interface Interruption {
  readonly codexTurn: CodexTurn;
  readonly started: Promise<void>;
  readonly failure: HermesError;
}

/** What came while nobody listened first, then everything as it comes. */
async function listenFromStart(connection: Connection, turn: CodexTurn): Promise<void> {
  for (;;) {
    const early = connection.takeEarly();
    if (early.length === 0) return connection.listen(turn);
    for (const message of early) await turn.onMessage(message);
  }
}

/** Between turns: what asks is refused, what is told is passed over. */
function idleListener({ peer }: Connection): Parameters<Connection["listen"]>[0] {
  return {
    async onMessage(message) {
      if (message.kind !== "request") return;
      await peer.refuse(message.id, -32_000, "No turn is running").catch(() => undefined);
    },
    onEnd: () => undefined,
  };
}

async function forward(from: AsyncQueue<TurnEvent>, to: AsyncQueue<TurnEvent>): Promise<void> {
  for await (const event of from) {
    to.push(event);
    await to.room(100);
  }
}

/** What ends a turn from our side, a limit or an abort; undefined when codex ended it. */
async function firstFailure(
  turn: CodexTurn,
  signal: AbortSignal,
): Promise<HermesError | undefined> {
  const { promise, resolve } = Promise.withResolvers<HermesError | undefined>();
  const onAbort = (): void => resolve(abortError(signal));
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  void turn.ended.then(() => resolve(undefined));
  void turn.expired().then((error) => error && resolve(error));
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function outcomeOf(error: HermesError): TurnOutcome {
  if (error.code === "turn/interrupted") return { status: "interrupted" };
  return { status: "failed", error, completedItemIds: [] };
}

/** Codex calls every turn interrupted that was ended from here; why it was is only known here. */
function because(failure: HermesError | undefined, outcome: TurnOutcome): TurnOutcome {
  return failure && outcome.status === "interrupted" ? outcomeOf(failure) : outcome;
}

function failedBy(error: unknown, signal: AbortSignal): TurnOutcome {
  return outcomeOf(signal.aborted ? abortError(signal) : toHermesError(asFailure(error)));
}

/** A refusal that no other place gave a meaning. */
function asFailure(error: unknown): unknown {
  if (!(error instanceof RpcError)) return error;
  return new HermesError("model/bad_request", `codex refused: ${error.message}`, { cause: error });
}

function startFailure(error: unknown): unknown {
  if (error instanceof RpcError && error.code === -32_602) {
    return new HermesError("usage/invalid", `codex refused the message: ${error.message}`, {
      cause: error,
      hint: "codex takes at most 1,048,576 characters: put the rest into a file and name it",
    });
  }
  return asFailure(error);
}

function notSignedIn(): HermesError {
  return new HermesError("auth/missing", "codex is not signed in", { hint: signInHint });
}

/** Whether the codex that ended a turn like this must not run another one. */
function mustRetire(outcome: TurnOutcome): boolean {
  return outcome.status === "failed" && outcome.error.code.startsWith("auth/");
}

async function explained(connection: Connection, outcome: TurnOutcome): Promise<TurnOutcome> {
  if (outcome.status !== "failed") return outcome;
  return { ...outcome, error: toHermesError(await connection.explain(outcome.error)) };
}
