import { fenceUntrusted, unfenced } from "./untrusted.ts";

/** The parts of a result as the model gets it. */
export interface ShownParts {
  /** What the tool put out, as much as fits. */
  readonly text: string;
  /** Present where somebody else wrote the text. */
  readonly fence?: { readonly source: string; readonly nonce: string };
  /** What directories that the call touched say about work in them. */
  readonly hints: readonly string[];
  /** What the guard says. */
  readonly warning?: string;
}

/** How what we add to a result begins. */
export const noteOpenings = {
  hint: "[This directory keeps instructions",
  warning: "[Tool loop warning: ",
} as const;

/** A result as the model gets it: the text, in its fence where it needs one, and below it what is to be added. */
export function shownText({ text, fence, hints, warning }: ShownParts): string {
  const own = fence ? fenceUntrusted(text, fence) : text;
  return [own, ...hints, ...(warning === undefined ? [] : [warning])].join("\n\n");
}

/** The tool's own text of a result that was made by `shownText`, for people. */
export function ownText(output: string): string {
  const inside = unfenced(output);
  if (inside !== undefined) return inside;
  const ends = Object.values(noteOpenings)
    .map((opening) => output.indexOf(`\n\n${opening}`))
    .filter((at) => at >= 0);
  return output.slice(0, Math.min(output.length, ...ends));
}
