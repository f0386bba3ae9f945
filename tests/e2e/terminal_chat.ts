/** Conversations at a terminal of the compiled program, with answers that the test gives. */
import { expect } from "bun:test";
import type { PtyProgram } from "../fakes/pty.ts";
import {
  type ResponsesServer,
  startResponsesServer,
  type StepSource,
} from "../fakes/responses_server.ts";
import { hangBeforeHeaders, type ServerStep } from "../fakes/server_steps.ts";
import { configFor, type Sandbox, startChat, type wireApis } from "./sandbox.ts";
import { lineOf, onlySession } from "./stored_session.ts";

export interface ChatScenario {
  readonly sandbox: Sandbox;
  /** What the model answers, one after the other. */
  readonly steps: readonly StepSource[];
  /** Whether they begin again behind the last one. */
  readonly repeat?: boolean;
  readonly wireApi?: (typeof wireApis)[number];
}

/** `hermes` at a terminal, before its first prompt. */
export async function withChat(
  { sandbox, steps, repeat = false, wireApi = "codex_responses" }: ChatScenario,
  talk: (chat: PtyProgram, server: ResponsesServer) => Promise<void>,
): Promise<void> {
  await using server = await startResponsesServer({ steps, repeat });
  await sandbox.configure(configFor(server.url, wireApi));
  await using chat = await startChat(sandbox);
  await talk(chat, server);
}

/** Types a line, and waits until that is shown. */
export async function send(chat: PtyProgram, line: string, shown: string): Promise<void> {
  chat.type(`${line}\r`);
  await chat.untilShown(shown);
}

/** Ends it at its prompt. */
export async function leave(chat: PtyProgram): Promise<void> {
  await chat.untilShown("> ");
  chat.type("\x04");
  expect(await chat.exited).toBe(0);
}

/** An answer that tells when it is asked for. */
export interface AwaitedStep {
  readonly step: StepSource;
  readonly asked: Promise<void>;
}

/** An answer that never comes. */
export function hanging(): AwaitedStep {
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  return {
    asked,
    step: () => {
      resolve();
      return hangBeforeHeaders;
    },
  };
}

/** An answer that is given when the test lets it. */
export function held(step: ServerStep): AwaitedStep & { readonly release: () => void } {
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const { promise: free, resolve: release } = Promise.withResolvers<void>();
  return {
    asked,
    release,
    step: async () => {
      resolve();
      await free;
      return step;
    },
  };
}

/** What is kept of the only session: kinds and texts. */
export async function storedLines(sandbox: Sandbox): Promise<readonly string[]> {
  return (await onlySession((args) => sandbox.run(args))).map(lineOf);
}
