import type { ErrorCode } from "../core/errors.ts";

/** Names the variable of a key that is not set. */
const missingKey = /^Missing environment variable: `(\w+)`/;

/** Codex puts this before most of what happens to an answer, also before what the model's server says of itself. */
const lead = "^(?:stream disconnected before completion: )?";

/** What codex says in words of its own of failures for which it has no `codexErrorInfo`. */
const texts: readonly (readonly [RegExp, ErrorCode])[] = [
  [missingKey, "auth/missing"],
  [new RegExp(`${lead}error sending request\\b`), "network/unreachable"],
  [new RegExp(`${lead}Transport error: `), "stream/no_terminal_event"],
  [new RegExp(`${lead}stream closed before response\\.completed`), "stream/no_terminal_event"],
  [new RegExp(`${lead}idle timeout waiting for `), "stream/no_terminal_event"],
  [new RegExp(`${lead}Incomplete response returned, reason: max_output_tokens`), "model/truncated"],
  [
    new RegExp(`${lead}Incomplete response returned, reason: content_filter`),
    "model/content_policy",
  ],
];

/** What a text of codex's own means; undefined for any other. */
export function codeOfOwnText(text: string): ErrorCode | undefined {
  return texts.find(([pattern]) => pattern.test(text))?.[1];
}

/** The variable that codex misses. */
export function missingVariable(text: string): string | undefined {
  return missingKey.exec(text)?.[1];
}
