import type { Env, OutputStream } from "../../core/ports.ts";

/** Emphasis for people; plain text where colour is not wanted. */
export interface Style {
  dim(text: string): string;
  bold(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

/** Colour only on a terminal, and not with `NO_COLOR` (no-color.org: set and not empty) or `TERM=dumb`. */
export function styleFor(env: Env, stream: Pick<OutputStream, "isTty">): Style {
  const hasColor = stream.isTty && !env["NO_COLOR"] && env["TERM"] !== "dumb";
  const paint = (open: number, close: number) => (text: string) =>
    hasColor ? `\x1b[${open}m${text}\x1b[${close}m` : text;
  return {
    dim: paint(2, 22),
    bold: paint(1, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
  };
}
