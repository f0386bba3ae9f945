import { describe, expect, test } from "bun:test";
import { HermesError } from "../../src/core/errors.ts";
import type { ModelEvent } from "../../src/core/event.ts";
import type { ModelItem, UserMessage } from "../../src/core/item.ts";
import type { ModelRequest } from "../../src/core/model.ts";
import type { Dialect } from "../../src/core/provider.ts";
import { classifyFailure } from "../../src/transports/classify.ts";
import { withRecoveries } from "../../src/transports/recover.ts";
import { isImageRejection } from "../../src/transports/recoveries/images_rejected.ts";
import { keepFailure, refusalBehind } from "../../src/transports/refusal.ts";
import { endpoint, modelRequest } from "../fakes/endpoint.ts";
import { errorFixtures } from "../fakes/error_fixtures.ts";
import { assistant, createScriptedTransport, type ScriptedStep, step } from "../fakes/model.ts";

/** The failure of a refusal with these words. */
function refused(words: string, status = 400): HermesError {
  const error = new HermesError("model/bad_request", words, { httpStatus: status });
  return keepFailure(error, {
    status,
    message: `HTTP ${status}`,
    body: { error: { message: words } },
    provider: "acme",
    model: "m1",
  });
}

function failing(error: unknown, events: readonly ModelEvent[] = []): ScriptedStep {
  return async function* () {
    yield* events;
    throw error;
  };
}

const answer = step([assistant("a1", "done")]);

/** Transports that heal, over a script. */
function healing(steps: readonly ScriptedStep[], dialect: Partial<Dialect> = {}) {
  const inner = createScriptedTransport(steps);
  const transport = withRecoveries(inner, endpoint({ wireApi: "chat_completions" }, dialect));
  return {
    requests: inner.requests,
    ask: async (request: ModelRequest, signal = new AbortController().signal) => {
      const events: ModelEvent[] = [];
      let thrown: unknown;
      try {
        for await (const event of transport.stream(request, signal)) events.push(event);
      } catch (error) {
        thrown = error;
      }
      const notices = events.flatMap((event) => (event.type === "notice" ? [event.text] : []));
      return { events, notices, thrown };
    },
  };
}

const image = (data: string, name?: string) =>
  ({ type: "image", mediaType: "image/png", data, ...(name !== undefined && { name }) }) as const;

function message(id: string, ...parts: UserMessage["parts"]): UserMessage {
  return { type: "user-message", id, parts };
}

const see = message("u1", { type: "text", text: "See" }, image("AAAA", "cat.png"));
const noImages = "m1 does not support image input";

describe("withRecoveries()", () => {
  test("passes a step on as it is", async () => {
    const { ask, requests } = healing([answer]);
    const request = modelRequest({ turnId: "t1", items: [see] });
    expect(await ask(request)).toEqual({ events: answer, notices: [], thrown: undefined });
    expect(requests).toEqual([request]);
  });

  test("throws what it cannot heal as it was, with one request", async () => {
    for (const error of [
      refused("No"),
      new HermesError("network/timeout", "Too late"),
      new TypeError("x is not a function"),
    ]) {
      const { ask, requests } = healing([failing(error)]);
      expect((await ask(modelRequest())).thrown).toBe(error);
      expect(requests.length).toBe(1);
    }
  });

  test("voids what the refused attempt showed", async () => {
    const shown: ModelEvent = { type: "item-start", item: assistant("lost", "") };
    const { ask } = healing([failing(refused(noImages), [shown]), answer]);
    const { events } = await ask(modelRequest({ items: [see] }));
    expect(events.map(({ type }) => type)).toEqual([
      "item-start",
      "item-reset",
      "notice",
      ...answer.map(({ type }) => type),
    ]);
    expect(events[1]).toEqual({ type: "item-reset", itemIds: ["lost"] });
  });

  test("heals nothing after an abort, and nothing that was whole", async () => {
    const user = new AbortController();
    const first = healing([
      async function* () {
        yield* [];
        user.abort();
        throw refused(noImages);
      },
    ]);
    await first.ask(modelRequest({ items: [see] }), user.signal);
    const second = healing([failing(refused(noImages), answer)]);
    await second.ask(modelRequest({ items: [see] }));
    expect([first.requests.length, second.requests.length]).toEqual([1, 1]);
  });

  test("heals each kind once in a turn, and again in the next one", async () => {
    const tooLarge = failing(refused("image exceeds 5 MB maximum: 9 bytes > 3 bytes"));
    const items = [message("u1", image("AAAA")), message("u2", image("BBBB"))];
    const one = message("u3", image("CCCC"));
    const { ask, requests } = healing([tooLarge, answer, tooLarge, tooLarge, answer]);
    const turn = (turnId: string, more: readonly ModelItem[]) =>
      ask(modelRequest({ turnId, items: [...items, ...more] }));
    expect((await turn("t1", [])).thrown).toBeUndefined();
    expect((await turn("t1", [one])).thrown).toMatchObject({ code: "model/bad_request" });
    expect((await turn("t2", [one])).thrown).toBeUndefined();
    expect(requests.length).toBe(5);
  });

  test("heals different kinds one after the other", async () => {
    const { ask, requests } = healing([
      failing(refused(noImages)),
      failing(
        refused(
          "max_tokens: 9000 > context_window: 9000 - input_tokens: 1000 = available_tokens: 8000",
        ),
      ),
      answer,
    ]);
    await ask(modelRequest({ items: [see], maxOutputTokens: 9_000 }));
    expect(requests.map(({ maxOutputTokens }) => maxOutputTokens)).toEqual([9_000, 9_000, 7_936]);
    // What the first refusal taught still holds.
    expect(JSON.stringify(requests[2])).not.toContain("AAAA");
  });
});

describe("images", () => {
  test("go out as a line of text once the model took none, told once for each message", async () => {
    const { ask, requests } = healing([failing(refused(noImages)), answer, answer, answer]);
    const left = message(
      "u1",
      { type: "text", text: "See" },
      { type: "text", text: "[The image cat.png was left out: this model takes no images]" },
    );
    const first = await ask(modelRequest({ items: [see] }));
    const later = await ask(modelRequest({ items: [see] }));
    const more = message("u2", image("BBBB"));
    const next = await ask(modelRequest({ items: [see, more] }));
    expect([first.notices, later.notices, next.notices]).toEqual([
      ["m1 at acme takes no images: going on without them, in this session from now on"],
      [],
      ["m1 takes no images: going on without them"],
    ]);
    const unnamed = message("u2", {
      type: "text",
      text: "[An image was left out: this model takes no images]",
    });
    expect(requests.map(({ items }) => items)).toEqual([[see], [left], [left], [left, unnamed]]);
  });

  test("another model of the endpoint may see", async () => {
    const { ask, requests } = healing([failing(refused(noImages)), answer, answer]);
    await ask(modelRequest({ items: [see] }));
    await ask(modelRequest({ items: [see], model: "m2" }));
    expect(requests[2]?.items).toEqual([see]);
  });

  test("a request without one is not asked again", async () => {
    const { ask, requests } = healing([failing(refused(noImages))]);
    await ask(modelRequest());
    expect(requests.length).toBe(1);
  });

  test("those above the stated limit go, else the largest one", async () => {
    const items = [
      message("u1", image("A".repeat(8)), image("B".repeat(20)), image("C".repeat(30))),
    ];
    const kept = async (words: string): Promise<readonly number[]> => {
      const { ask, requests } = healing([failing(refused(words)), answer]);
      await ask(modelRequest({ items }));
      const [healed] = requests[1]?.items ?? [];
      return healed?.type === "user-message"
        ? healed.parts.flatMap((part) => (part.type === "image" ? [part.data.length] : []))
        : [];
    };
    expect(await kept("image exceeds 5 MB maximum: 20 bytes > 10 bytes")).toEqual([8]);
    expect(await kept("image dimensions exceed max allowed size: 8000 pixels")).toEqual([8, 20]);
  });
});

/** Whether a refusal in these words is one of all images. */
function isRejection(words: string, status: number): boolean {
  const refusal = refusalBehind(refused(words, status));
  return refusal !== undefined && isImageRejection(refusal);
}

test.each([
  ["m1 does not support images", 400],
  ["Unsupported content: only 'text' content type is supported", 422],
  ["Multimodal is not supported by this model", 400],
  [
    "Invalid 'input[2].content[1].image_url'. Expected a valid URL, but got a value with an invalid format.",
    400,
  ],
  ["No endpoints found that support image input", 404],
  ["image input is not supported - hint: you may need to provide the mmproj", 500],
  ["messages[0]: unknown variant `image_url`, expected `text`", 400],
  ["At most 0 image(s) may be provided in one request", 400],
])("isImageRejection() knows %s", (text, status) => {
  expect(isRejection(text, status)).toBe(true);
});

test.each([
  ["image_url is not supported: the image exceeds 20 MB", 400],
  ["does not support images of this dimension", 400],
  ["does not support images: maximum context length is 8192 tokens", 400],
  ["Rate limit reached: does not support images now", 400],
  ["does not support images", 429],
  ["does not support images", 413],
  ["does not support images", 503],
  ["The image could not be downloaded", 400],
  ["tool_choice is not supported", 400],
])("isImageRejection() takes %s for something else", (text, status) => {
  expect(isRejection(text, status)).toBe(false);
});

test("images that are refused for what they are go alone, others still may come", async () => {
  const { ask, requests } = healing([failing(refused("Could not process image")), answer, answer]);
  const { notices } = await ask(modelRequest({ items: [see] }));
  const other = message("u2", image("BBBB"));
  await ask(modelRequest({ items: [see, other] }));
  const line = {
    type: "text",
    text: "[The image cat.png was left out: not taken by acme]",
  } as const;
  const left = message("u1", { type: "text", text: "See" }, line);
  expect(notices).toEqual(["m1 at acme does not take these images: going on without them"]);
  expect(requests.slice(1).map(({ items }) => items)).toEqual([[left], [left, other]]);
});

describe("schemas", () => {
  const tool = (parameters: ModelRequest["tools"][number]["parameters"]) => ({
    name: "look",
    description: "Looks",
    parameters,
  });
  const grammar = "error parsing grammar: expecting ')' at [a-z";

  test("lose what a grammar cannot hold, in every later request", async () => {
    const { ask, requests } = healing([failing(refused(grammar)), answer, answer]);
    const request = modelRequest({
      tools: [tool({ type: "object", properties: { a: { type: "string", pattern: "[a-z]" } } })],
      outputSchema: { type: "string", format: "date" },
    });
    const { notices } = await ask(request);
    await ask(request);
    const plain = {
      ...request,
      tools: [tool({ type: "object", properties: { a: { type: "string" } } })],
      outputSchema: { type: "string" },
    };
    expect([notices, requests]).toEqual([[], [request, plain, plain]]);
  });

  test("that are plain already were refused for something else", async () => {
    const { ask, requests } = healing([failing(refused(grammar))]);
    await ask(modelRequest({ tools: [tool({ type: "object" })] }));
    expect(requests.length).toBe(1);
  });
});

describe("signed thoughts", () => {
  const replay = (issuer: string) => ({
    wireApi: "chat_completions" as const,
    issuer,
    model: "m1",
    payload: { reasoning_content: "hm" },
  });
  const { issuer } = endpoint();
  const thought = (id: string, by = issuer): ModelItem => ({
    type: "reasoning",
    id,
    text: "hm",
    replay: replay(by),
  });
  const signature = refused("messages.1.content.0: Invalid `signature` in `thinking` block");

  test("that were refused are not sent again, later ones are", async () => {
    const { ask, requests } = healing([failing(signature), answer, answer]);
    await ask(modelRequest({ items: [thought("r1")] }));
    await ask(modelRequest({ items: [thought("r1"), thought("r2")] }));
    const bare = { type: "reasoning", id: "r1", text: "hm" } as const;
    expect(requests.slice(1).map(({ items }) => items)).toEqual([[bare], [bare, thought("r2")]]);
  });

  test("of others were not sent, so nothing is left to change", async () => {
    const { ask, requests } = healing([failing(signature)]);
    await ask(modelRequest({ items: [thought("r1", "other:https://elsewhere")] }));
    expect(requests.length).toBe(1);
  });
});

describe("output limits", () => {
  const left = (tokens: number) =>
    failing(refused(`max_tokens: 9 > context_window: 9 = available_tokens: ${tokens}`));

  test("of one call become what is left, at least 1", async () => {
    const { ask, requests } = healing([left(1_000), answer, left(10), answer]);
    await ask(modelRequest({ turnId: "t1", maxOutputTokens: 4_000 }));
    await ask(modelRequest({ turnId: "t1" }));
    expect(requests.map(({ maxOutputTokens }) => maxOutputTokens)).toEqual([
      4_000,
      936,
      undefined,
      1,
    ]);
  });

  test("that would not shrink, or are not sent at all, are left to others", async () => {
    const same = healing([left(1_000)]);
    await same.ask(modelRequest({ maxOutputTokens: 500 }));
    const unsent = healing([left(1_000)], { maxOutputTokens: false });
    await unsent.ask(modelRequest({ maxOutputTokens: 4_000 }));
    const twice = healing([left(1_000), left(500)]);
    await twice.ask(modelRequest({ maxOutputTokens: 4_000 }));
    expect([same, unsent, twice].map(({ requests }) => requests.length)).toEqual([1, 1, 2]);
  });

  test("of the model are kept", async () => {
    const ceiling = failing(
      refused("max_tokens is too large: 9000. This model supports at most 4096 completion tokens"),
    );
    const { ask, requests } = healing([ceiling, answer, answer, answer]);
    for (const maxOutputTokens of [9_000, 9_000, 100]) await ask(modelRequest({ maxOutputTokens }));
    expect(requests.map(({ maxOutputTokens }) => maxOutputTokens)).toEqual([
      9_000, 4_096, 4_096, 100,
    ]);
  });
});

/** What is healed here, of all that can be done about a refusal. */
const healed: ReadonlySet<string> = new Set([
  "strip-images",
  "shrink-images",
  "strip-grammar",
  "strip-thinking",
  "lower-output-limit",
]);

/** OpenRouter's `108000 in the messages, 32000 in the completion` of 131072. */
const fitsAlone = "a prompt that is too long, told inside";

/** A request that holds everything that can be refused. */
const laden = modelRequest({
  items: [
    see,
    {
      type: "reasoning",
      id: "r1",
      text: "hm",
      replay: {
        wireApi: "chat_completions",
        issuer: endpoint().issuer,
        model: "m1",
        payload: { reasoning_content: "hm" },
      },
    },
  ],
  tools: [{ name: "look", description: "", parameters: { type: "string", format: "date" } }],
  maxOutputTokens: 100_000,
});

describe.each(errorFixtures.map((fixture) => [fixture.provider, fixture] as const))(
  "what %s sends",
  (provider, { cases }) => {
    test.each(cases.map((one) => [one.name, one] as const))("%s", async (_, one) => {
      const { status, body } = one;
      const failure = {
        provider,
        model: "m1",
        message: "It failed",
        body,
        ...(status !== null && { status }),
      };
      const { ask, requests } = healing([
        failing(keepFailure(classifyFailure(failure), failure)),
        answer,
      ]);
      const { thrown } = await ask(laden);
      // What is too long only with the output beside it needs no compression, whatever else it is called.
      const isHealed = healed.has(one.expected.recovery) || one.name === fitsAlone;
      expect([requests.length, thrown === undefined]).toEqual([isHealed ? 2 : 1, isHealed]);
    });
  },
);
