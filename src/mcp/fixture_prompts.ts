import type { GetPromptResult, Prompt, PromptMessage } from "@modelcontextprotocol/server";
import { redPixel } from "./fixture_media.ts";

const argument = (name: string, description: string) => ({ name, description, required: true });

/** Prompts that the conformance suite asks for. */
export const fixturePrompts: readonly Prompt[] = [
  { name: "test_simple_prompt", description: "A prompt without arguments" },
  {
    name: "test_prompt_with_arguments",
    description: "A prompt with two arguments",
    arguments: [argument("arg1", "First test argument"), argument("arg2", "Second test argument")],
  },
  {
    name: "test_prompt_with_embedded_resource",
    description: "A prompt that holds a resource",
    arguments: [argument("resourceUri", "URI of the resource to embed")],
  },
  { name: "test_prompt_with_image", description: "A prompt that holds an image" },
];

/** A prompt with its arguments put in; undefined where there is none of that name. */
export function promptOf(
  name: string,
  args: Readonly<Record<string, string>>,
): GetPromptResult | undefined {
  switch (name) {
    case "test_simple_prompt":
      return { messages: [text("This is a simple prompt for testing.")] };
    case "test_prompt_with_arguments":
      return {
        messages: [
          text(`Prompt with arguments: arg1='${args["arg1"] ?? ""}', arg2='${args["arg2"] ?? ""}'`),
        ],
      };
    case "test_prompt_with_embedded_resource":
      return {
        messages: [
          {
            role: "user",
            content: {
              type: "resource",
              resource: {
                uri: args["resourceUri"] ?? "",
                mimeType: "text/plain",
                text: "Embedded resource content for testing.",
              },
            },
          },
          text("Please process the embedded resource above."),
        ],
      };
    case "test_prompt_with_image":
      return {
        messages: [
          { role: "user", content: { type: "image", data: redPixel, mimeType: "image/png" } },
          text("Please analyze the image above."),
        ],
      };
    default:
      return undefined;
  }
}

function text(words: string): PromptMessage {
  return { role: "user", content: { type: "text", text: words } };
}
