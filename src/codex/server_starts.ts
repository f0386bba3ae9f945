import type { Json } from "../core/json.ts";
import type { Clock } from "../core/ports.ts";
import { abortable } from "../wire/abortable.ts";
import { isDoneWithin } from "../wire/done_within.ts";
import { serverStatus } from "./protocol.ts";

/** How a server has come up, as far as codex has told. */
export type ServerStart =
  | { readonly kind: "starting" }
  | { readonly kind: "ready" }
  /** With codex's reason. */
  | { readonly kind: "failed"; readonly reason: string };

/** What codex tells of the MCP servers that it starts. */
export class ServerStarts {
  readonly #starts = new Map<string, ServerStart>();
  #changed = Promise.withResolvers<void>();
  #isOver = false;
  #injected: ReadonlySet<string> = new Set();

  /** Whether codex is over: what has not come up will not. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** These were given to codex by us; nobody else's configuration has a part in them. */
  inject(names: readonly string[]): void {
    this.#injected = new Set(names);
  }

  isInjected(name: string): boolean {
    return this.#injected.has(name);
  }

  /** A notification of codex. */
  hear(method: string, params: Json): void {
    if (method !== "mcpServer/startupStatus/updated") return;
    const parsed = serverStatus.safeParse(params);
    if (!parsed.success) return;
    const { name, status, error } = parsed.data;
    this.#starts.set(name, startOf(status, error ?? ""));
    this.#wake();
  }

  /** Codex is over: nothing more comes. */
  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  of(name: string): ServerStart {
    return this.#starts.get(name) ?? { kind: "starting" };
  }

  /**
   * Resolves when none of the servers is starting any more, codex is over, or so many milliseconds have passed.
   * @throws {HermesError} what the signal was aborted with
   */
  async untilSettled(
    clock: Clock,
    names: readonly string[],
    { ms, signal }: { readonly ms: number; readonly signal: AbortSignal },
  ): Promise<void> {
    const late = new AbortController();
    const settled = async (): Promise<void> => {
      while (!this.#isOver && !late.signal.aborted && names.some((name) => this.#isStarting(name)))
        await this.#changed.promise;
    };
    try {
      await abortable(() => isDoneWithin(clock, settled(), ms), signal);
    } finally {
      late.abort();
      this.#wake();
    }
  }

  #isStarting(name: string): boolean {
    return this.of(name).kind === "starting";
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}

function startOf(status: string, error: string): ServerStart {
  switch (status) {
    case "starting":
      return { kind: "starting" };
    case "ready":
      return { kind: "ready" };
    default:
      return { kind: "failed", reason: reasonIn(error) || `codex calls it ${status}` };
  }
}

/** Without what codex puts before it, and without the names of its own types. */
function reasonIn(error: string): string {
  return error
    .replace(/^MCP client for `[^`]*` (?:failed to start: )?(?:MCP startup failed: )?/, "")
    .replaceAll(/Transport \[[^\]]*\] error: /g, "")
    .replaceAll(/\s+/g, " ")
    .trim();
}
