import { isJsonObject, type JsonObject } from "../../../src/core/json.ts";
import type { PtyProgram } from "../../fakes/pty.ts";
import {
  type RecordedRequest,
  type ResponsesServer,
  startResponsesServer,
  type StepSource,
} from "../../fakes/responses_server.ts";
import { textAnswer } from "../../fakes/server_steps.ts";

/** A model whose turns and reviews have answers of their own, whichever comes first. */
export interface ReviewLab extends AsyncDisposable {
  readonly server: ResponsesServer;
  turns(): readonly RecordedRequest[];
  reviews(): readonly RecordedRequest[];
  /** Resolves when so many requests of reviews have come. */
  reviewed(count: number): Promise<void>;
}

/** Turns are answered with `turns` and then with "Answer 1", "Answer 2", ... */
export async function startReviewLab(steps: {
  readonly turns?: readonly StepSource[];
  readonly reviews: readonly StepSource[];
}): Promise<ReviewLab> {
  const turns: RecordedRequest[] = [];
  const reviews: RecordedRequest[] = [];
  let watchers: readonly (() => void)[] = [];
  const server = await startResponsesServer({
    repeat: true,
    steps: [
      async (request, number) => {
        // Small calls beside turns have no tools, and are none of a test's here.
        if (!("tools" in bodyOf(request))) return textAnswer("A title");
        const isReview = isOfReview(request);
        const list = isReview ? reviews : turns;
        list.push(request);
        for (const check of watchers) check();
        const given = isReview ? steps.reviews : (steps.turns ?? []);
        const step = given[list.length - 1] ?? textAnswer(`Answer ${list.length}`);
        return typeof step === "function" ? await step(request, number) : step;
      },
    ],
  });
  return {
    server,
    turns: () => turns,
    reviews: () => reviews,
    reviewed: (count) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (reviews.length >= count) resolve();
        };
        watchers = [...watchers, check];
        check();
      }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Says something in a chat and waits for the answer. */
export async function say(chat: PtyProgram, message: string, answer: string): Promise<void> {
  chat.type(`${message}\r`);
  await chat.untilShown(answer);
  // The prompt is there again when the status line has gone.
  await chat.untilShown("\n");
}

function isOfReview(request: RecordedRequest): boolean {
  return JSON.stringify(listOf(request)).includes("a review beside the conversation");
}

export function bodyOf({ body }: RecordedRequest): JsonObject {
  if (!isJsonObject(body)) throw new TypeError("A request has a body");
  return body;
}

/** What is said in a request, message by message. */
export function listOf(request: RecordedRequest): readonly unknown[] {
  const body = bodyOf(request);
  const list = body["input"] ?? body["messages"];
  return Array.isArray(list) ? list : [];
}

/** The last thing that is said in a request, as JSON. */
export function lastOf(request: RecordedRequest | undefined): string {
  return request ? JSON.stringify(listOf(request).at(-1)) : "";
}

/**
 * A body as it was sent, cut behind the list of messages: what comes up to there, without the list's end, and what
 * follows. The server kept what it parsed, and JSON text of JSON objects is the same again.
 */
export function bytesOf(request: RecordedRequest): {
  readonly said: string;
  readonly rest: string;
} {
  const entries = Object.entries(bodyOf(request));
  const at = entries.findIndex(([key]) => key === "input" || key === "messages");
  const said = JSON.stringify(Object.fromEntries(entries.slice(0, at + 1)));
  return {
    said: said.slice(0, said.lastIndexOf("]")),
    rest: JSON.stringify(Object.fromEntries(entries.slice(at + 1))),
  };
}
