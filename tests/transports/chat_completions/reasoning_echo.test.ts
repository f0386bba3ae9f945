import { expect, test } from "bun:test";
import fc from "fast-check";
import type { ModelItem } from "../../../src/core/item.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import type { Dialect, ModelEndpoint } from "../../../src/core/provider.ts";
import { encodeRequest } from "../../../src/transports/chat_completions/encode.ts";
import { reasoningReplay } from "../../../src/transports/chat_completions/replay.ts";
import { encodeRequest as encodeResponses } from "../../../src/transports/responses/encode.ts";
import { endpoint, modelRequest } from "../../fakes/endpoint.ts";

const issuers = ["other:https://a.test", "other:https://b.test", "codex_backend"] as const;
const models = ["m1", "m2"] as const;
const modes = ["none", "echo", "pad"] as const;

/** One answer of some model at some endpoint, with what was thought for it. */
const answer = fc.record({
  issuer: fc.constantFrom(...issuers),
  model: fc.constantFrom(...models),
  wireApi: fc.constantFrom("chat_completions" as const, "responses" as const),
  hasReplay: fc.boolean(),
  calls: fc.boolean(),
});
type Answer = typeof answer extends fc.Arbitrary<infer Value> ? Value : never;

/** What only `by` may read again. */
function thoughtOf({ issuer, model }: Pick<Answer, "issuer" | "model">, index: number): string {
  return `thought ${index} of ${model} at ${issuer}`;
}

function conversation(answers: readonly Answer[]): readonly ModelItem[] {
  return answers.flatMap((one, index): readonly ModelItem[] => {
    const { issuer, model, wireApi, hasReplay, calls } = one;
    const thought = thoughtOf(one, index);
    const callId = `call_${index}`;
    const replay =
      wireApi === "chat_completions"
        ? reasoningReplay({ issuer, model }, thought)
        : { wireApi, issuer, model, payload: { encrypted_content: thought } };
    return [
      { type: "user-message", id: `u${index}`, parts: [{ type: "text", text: "go" }] },
      { type: "reasoning", id: `r${index}`, text: thought, ...(hasReplay && { replay }) },
      ...(calls
        ? ([
            { type: "tool-call", id: `c${index}`, callId, name: "f", arguments: "{}" },
            { type: "tool-result", id: `t${index}`, callId, output: "{}", isError: false },
          ] as const)
        : []),
      { type: "assistant-message", id: `a${index}`, text: "done" },
    ];
  });
}

function endpointOf(issuer: string, change: Partial<Dialect>): ModelEndpoint {
  return endpoint({ issuer, wireApi: "chat_completions" }, change);
}

function assistants(body: JsonObject): readonly JsonObject[] {
  const messages = body["messages"] as readonly JsonObject[];
  return messages.filter(({ role }) => role === "assistant");
}

test("encodeRequest() sends thoughts to who had them, pads where the endpoint insists, and is the same each time", () => {
  fc.assert(
    fc.property(
      fc.array(answer, { maxLength: 6 }),
      fc.constantFrom(...issuers),
      fc.constantFrom(...models),
      fc.constantFrom(...modes),
      (answers, issuer, model, reasoningContent) => {
        const to = endpointOf(issuer, { reasoningContent });
        const request = modelRequest({ model, items: conversation(answers) });
        const { body } = encodeRequest(request, to);
        const sent = JSON.stringify(body);
        for (const [index, one] of answers.entries()) {
          const isOwn =
            one.hasReplay &&
            one.wireApi === "chat_completions" &&
            one.issuer === issuer &&
            one.model === model &&
            reasoningContent !== "none";
          expect(sent.includes(thoughtOf(one, index))).toBe(isOwn);
        }
        for (const message of assistants(body)) {
          const echoed = message["reasoning_content"];
          if (reasoningContent === "none") expect(echoed).toBeUndefined();
          if (reasoningContent === "pad") expect(echoed).toBeString();
          expect(echoed).not.toBe("");
          expect(echoed).not.toBeNull();
        }
        expect(JSON.stringify(encodeRequest(request, to).body)).toBe(sent);
      },
    ),
    { seed: 36, numRuns: 500 },
  );
});

test("encodeRequest() of Responses sends no thought of anybody else", () => {
  fc.assert(
    fc.property(
      fc.array(answer, { maxLength: 6 }),
      fc.constantFrom(...issuers),
      fc.constantFrom(...models),
      (answers, issuer, model) => {
        const items = conversation(answers);
        const { body } = encodeResponses(modelRequest({ model, items }), endpoint({ issuer }), {
          replayDisabled: false,
        });
        const sent = JSON.stringify(body);
        for (const [index, one] of answers.entries()) {
          const isOwn = one.issuer === issuer && one.model === model && one.wireApi === "responses";
          if (!isOwn) expect(sent).not.toContain(thoughtOf(one, index));
        }
      },
    ),
    { seed: 37, numRuns: 500 },
  );
});
