import { errorMessage } from "../core/errors.ts";

/** A throw of a tool as text for the model, at most 2,000 characters, without what could pass for markup of a chat. */
export function describeThrow(error: unknown): string {
  const text = errorMessage(error);
  const plain = text.replace(
    /<\/?(?:system|user|assistant|tool)\b[^>]*>|<!\[CDATA\[|\]\]>|```/gi,
    "",
  );
  return `[TOOL_ERROR] ${plain}`.slice(0, 2_000).toWellFormed();
}
