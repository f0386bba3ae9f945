import type { AuxiliaryModel } from "../core/auxiliary.ts";
import { HermesError } from "../core/errors.ts";
import type { ModelTransport } from "../core/model.ts";
import { newItemId } from "./ids.ts";

/** Small calls to the model of the conversation itself. */
export function createAuxiliary(transport: ModelTransport, model: string): AuxiliaryModel {
  return {
    async ask({ task, instructions, text, maxOutputTokens, outputSchema }, signal) {
      const request = {
        sessionId: `auxiliary-${task}`,
        model,
        instructions,
        items: [{ type: "user-message", id: newItemId(), parts: [{ type: "text", text }] }],
        tools: [],
        reasoningEffort: "low",
        ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
        ...(outputSchema === undefined ? {} : { outputSchema }),
      } as const;
      const texts: string[] = [];
      for await (const event of transport.stream(request, signal)) {
        if (event.type === "item-end" && event.item.type === "assistant-message") {
          texts.push(event.item.text);
        }
        if (event.type === "step-end" && event.finishReason !== "stop") {
          throw new HermesError("model/truncated", `The answer of ${model} was cut off`);
        }
      }
      const answer = texts.join("\n").trim();
      if (answer === "") {
        throw new HermesError("model/empty_answer", `${model} answered with nothing`);
      }
      return answer;
    },
  };
}
