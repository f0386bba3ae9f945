import { HermesError } from "../core/errors.ts";

/** A throw of a tool as text for the model, at most 2,000 characters, without what could pass for markup of a chat. */
export function describeThrow(error: unknown): string {
  const text =
    error instanceof HermesError || error instanceof Error ? error.message : String(error);
  const plain = text.replace(
    /<\/?(?:system|user|assistant|tool)\b[^>]*>|<!\[CDATA\[|\]\]>|```/gi,
    "",
  );
  return `[TOOL_ERROR] ${plain}`.slice(0, 2_000).toWellFormed();
}
