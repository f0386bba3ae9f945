/**
 * Blocks that models write into their text although they belong elsewhere. `reasoning` is thought; `call` is a tool call
 * that the server did not take out; `memory` repeats what was put into the prompt.
 */
export interface TextBlock {
  readonly kind: "reasoning" | "call" | "memory";
  /** In lower case. */
  readonly opening: string;
  /** In lower case; "" where nothing ends it but the answer's end. */
  readonly closing: string;
}

function tagged(kind: TextBlock["kind"], ...names: readonly string[]): readonly TextBlock[] {
  return names.map((name) => ({ kind, opening: `<${name}>`, closing: `</${name}>` }));
}

/** Each begins at the beginning of a line. No opening is the beginning of another one. */
export const textBlocks: readonly TextBlock[] = [
  ...tagged("reasoning", "think", "thinking", "reasoning", "thought", "reasoning_scratchpad"),
  ...tagged("memory", "memory-context"),
  // Hermes, Qwen, GLM, and what imitates them.
  ...tagged("call", "tool_call", "tool_calls", "function_call", "function_calls"),
  ...tagged("call", "minimax:tool_call"),
  // Qwen3 Coder and Llama name the function in the tag.
  { kind: "call", opening: "<function=", closing: "</function>" },
  { kind: "call", opening: '<invoke name="', closing: "</invoke>" },
  // Kimi K2, DeepSeek V3, Mistral: their own tokens, as text.
  {
    kind: "call",
    opening: "<|tool_calls_section_begin|>",
    closing: "<|tool_calls_section_end|>",
  },
  { kind: "call", opening: "<｜tool▁calls▁begin｜>", closing: "<｜tool▁calls▁end｜>" },
  { kind: "call", opening: "[tool_calls]", closing: "" },
];
