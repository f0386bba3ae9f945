import type { Env, OutputStream } from "../../core/ports.ts";

type Paint = (text: string) => string;

/** Emphasis for people; plain text where colour is not wanted. */
export interface Style {
  readonly dim: Paint;
  readonly bold: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
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
