import type { HermesError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { CommandContext } from "../command.ts";
import { runChecks, type Check } from "../doctor/checks.ts";
import { errorExitCode, exitCodes } from "../exit_codes.ts";
import { listFlag, switchFlag } from "../flags.ts";
import { printDocument, printTable } from "../print.ts";
import { errorToJson, renderError, type Mask } from "../render/error.ts";
import { styleFor, type Style } from "../render/style.ts";
import type { Column } from "../render/table.ts";

/** `hermes doctor`: collects the facts, then shows them; exits with the code of the worst. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, mask } = context;
  const app = await context.app();
  const checks = await runChecks(app, {
    online: switchFlag(flags, "online"),
    overrides: listFlag(flags, "set"),
  });
  const worst = worstError(checks);
  const code = worst === undefined ? exitCodes.done : errorExitCode(worst);
  if (switchFlag(flags, "json")) {
    await printDocument(ports, {
      ok: worst === undefined,
      exit_code: code,
      checks: checks.map((check) => checkToJson(check, mask)),
    });
  } else {
    const { stdout } = ports.terminal;
    const columns = checkColumns(styleFor(ports.env, stdout), mask);
    await printTable(ports, columns, { rows: checks, ifEmpty: "" });
  }
  if (worst) {
    const { stderr } = ports.terminal;
    const style = styleFor(ports.env, stderr);
    const debug = switchFlag(flags, "debug");
    await stderr.write(renderError(worst, { mask, style, debug }));
  }
  return code;
}

/** The failure that must be repaired first: configuration and store, then the credential, then the rest. */
export function worstError(checks: readonly Check[]): HermesError | undefined {
  const errors = checks.map((check) => check.error).filter((error) => error !== undefined);
  const ranks: readonly number[] = [exitCodes.configuration, exitCodes.authentication];
  const rank = (error: HermesError): number => {
    const at = ranks.indexOf(errorExitCode(error));
    return at < 0 ? ranks.length : at;
  };
  return errors.toSorted((a, b) => rank(a) - rank(b))[0];
}

function checkToJson({ name, status, detail, hint, error }: Check, mask: Mask): JsonObject {
  return {
    name,
    status,
    detail: mask(detail),
    hint: hint === undefined ? null : mask(hint),
    error: error === undefined ? null : errorToJson(error, mask),
  };
}

function checkColumns(style: Style, mask: Mask): readonly Column<Check>[] {
  const paints = { ok: style.green, warning: style.yellow, failed: style.red };
  return [
    {
      header: "STATUS",
      text: ({ status }) => status,
      paint: (cell, { status }) => paints[status](cell),
    },
    { header: "CHECK", text: ({ name }) => name },
    {
      header: "DETAIL",
      text: ({ detail, hint }) => mask(hint === undefined ? detail : `${detail} (${hint})`),
    },
  ];
}
