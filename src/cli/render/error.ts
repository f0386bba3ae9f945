import { toHermesError, type HermesError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import { plainText } from "./plain.ts";
import type { Style } from "./style.ts";

/** Replaces the secrets in a text. */
export type Mask = (text: string) => string;

export interface ErrorRenderOptions {
  /** Masks secrets. */
  readonly mask: Mask;
  readonly style: Pick<Style, "red">;
  /** Whether the stack comes with it, and what was received before it. */
  readonly debug: boolean;
  /** Whether what was received before it comes with it, without the stack. */
  readonly verbose?: boolean;
}

/**
 * An error for people, as the last lines of stderr: what an error says in more than one line (a diff) first, then
 * `error: <what> (<code>)` and `hint: <what fixes it>`, one line each.
 */
export function renderError(error: HermesError, options: ErrorRenderOptions): string {
  const { mask, style } = options;
  const [summary = "", ...details] = mask(plainText(error.message)).split("\n");
  const lines = [...details];
  if (options.debug) lines.push(...stackOf(error).map((line) => mask(plainText(line))));
  if (error.detail !== undefined && (options.debug || options.verbose)) {
    lines.push(`received: ${mask(plainText(error.detail)).replaceAll("\n", " ")}`);
  }
  lines.push(`${style.red("error:")} ${summary} (${error.code})`);
  if (error.hint !== undefined)
    lines.push(`hint: ${mask(plainText(error.hint)).replaceAll("\n", " ")}`);
  return `${lines.join("\n")}\n`;
}

/** An error for programs, as in the terminal event of a failed turn. */
export function errorToJson(error: HermesError, mask: Mask): JsonObject {
  return {
    code: error.code,
    message: mask(error.message),
    hint: error.hint === undefined ? null : mask(error.hint),
    retryable: error.retryable,
    http_status: error.httpStatus ?? null,
  };
}

/** The stacks of an error and its causes; a chain of causes may be long or even a circle. */
function stackOf(error: unknown): readonly string[] {
  const lines: string[] = [];
  let current = error;
  for (let depth = 0; depth < 5 && current !== undefined; depth++) {
    const known = current instanceof Error ? current : toHermesError(current);
    const stack = known.stack ?? `${known.name}: ${known.message}`;
    lines.push(...(depth === 0 ? stack : `caused by ${stack}`).split("\n"));
    current = known.cause;
  }
  return lines;
}
