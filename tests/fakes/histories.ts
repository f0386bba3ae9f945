import fc from "fast-check";
import type { ModelItem } from "../../src/core/item.ts";
import { toolCall } from "./model.ts";

/** What a user says, or a step of the model with the results of its calls. */
export type Said =
  | { readonly user: string; readonly synthetic?: true; readonly hasImage?: true }
  | {
      readonly text?: string;
      readonly reasoning?: true;
      /** The arguments and the result of each call. */
      readonly calls?: readonly {
        readonly input: Record<string, unknown>;
        readonly output: string;
      }[];
    };

/** A sound history with ids by place. */
export function history(said: readonly Said[]): readonly ModelItem[] {
  return said.flatMap((each, index): readonly ModelItem[] => {
    if ("user" in each) {
      const image = { type: "image", mediaType: "image/png", data: "AAAA", name: "a.png" } as const;
      return [
        {
          type: "user-message",
          id: `u${index}`,
          parts: [{ type: "text", text: each.user }, ...(each.hasImage ? [image] : [])],
          ...(each.synthetic ? { synthetic: true } : {}),
        },
      ];
    }
    const { text, reasoning, calls = [] } = each;
    return [
      ...(reasoning ? [{ type: "reasoning", id: `r${index}`, text: "hm" } as const] : []),
      ...(text === undefined
        ? []
        : [{ type: "assistant-message", id: `a${index}`, text } as const]),
      ...calls.map(({ input }, call) => toolCall(`c${index}-${call}`, "read_file", input)),
      ...calls.map(
        ({ output }, call) =>
          ({
            type: "tool-result",
            id: `t${index}-${call}`,
            callId: `c${index}-${call}`,
            output,
            isError: false,
          }) as const,
      ),
    ];
  });
}

const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.integer({ min: 1, max: 3_000 }).map((length) => "word ".repeat(length)),
);

/** Any sound history, with texts of up to 15,000 characters. */
export const histories = fc
  .array(
    fc.oneof(
      fc.record({ user: text }),
      fc.record({ user: text, synthetic: fc.constant(true as const) }),
      fc.record({ user: text, hasImage: fc.constant(true as const) }),
      fc.record({ text }),
      fc.record({
        reasoning: fc.constant(true as const),
        text,
        calls: fc.array(
          fc.record({
            input: fc.dictionary(fc.string(), fc.oneof(text, fc.jsonValue())),
            output: text,
          }),
          { minLength: 1, maxLength: 3 },
        ),
      }),
    ),
    { maxLength: 30 },
  )
  .map((said) => history(said as readonly Said[]));
