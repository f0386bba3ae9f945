import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Env } from "../../src/core/ports.ts";
import type { FakeApp, FakeAppParts, FakePorts } from "./app.ts";
import { settled } from "./clock.ts";
import { startCli } from "./cli.ts";
import { playOnScreen } from "./vt.ts";

export interface ChatOptions {
  readonly parts?: FakeAppParts;
  readonly argv?: readonly string[];
  readonly env?: Env;
  readonly columns?: number;
}

/** `hermes chat` at a fake terminal, in a directory of its own. */
export interface Chat extends AsyncDisposable {
  readonly ports: FakePorts;
  readonly cwd: string;
  readonly code: Promise<number>;
  app(): FakeApp;
  /** The lines that a person sees. */
  seen(): readonly string[];
  type(text: string): void;
  /** Resolves when the text is shown behind what an earlier call found. */
  untilShown(text: string): Promise<void>;
  /** Resolves when everything that can go on without time or keys has been done. */
  settle(): Promise<void>;
  /** Resolves when the prompt is there again. */
  untilPrompt(): Promise<void>;
}

/** Starts a chat and waits for its first prompt. */
export async function startChat({
  parts = {},
  argv = [],
  env = { TERM: "xterm", NO_COLOR: "1" },
  columns = 80,
}: ChatOptions = {}): Promise<Chat> {
  const cwd = await mkdtemp(join(tmpdir(), "chat-"));
  const run = startCli(["chat", ...argv], {
    parts,
    cwd,
    env: { ...env, HERMES_HOME: join(cwd, "home") },
    terminal: { stdin: "tty", columns },
  });
  const { terminal } = run.ports;
  const chat: Chat = {
    cwd,
    ports: run.ports,
    code: run.code,
    app() {
      const app = run.app();
      if (!app) throw new TypeError("The chat has not asked for its program yet");
      return app;
    },
    seen: () => playOnScreen(terminal.screen(), columns).lines,
    type: (text) => terminal.type(text),
    untilShown: (text) => terminal.untilShown(text),
    async settle() {
      for (let round = 0; round < 5; round++) await settled();
    },
    untilPrompt: () => terminal.untilShown("> "),
    async [Symbol.asyncDispose]() {
      terminal.hangUp();
      await run.code.catch(() => undefined);
      await rm(cwd, { recursive: true });
    },
  };
  await chat.untilPrompt();
  return chat;
}
