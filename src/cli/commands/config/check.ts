import { checkConfig } from "../../../config/check.ts";
import type { ConfigProblem } from "../../../config/problem.ts";
import { HermesError } from "../../../core/errors.ts";
import type { CommandContext } from "../../command.ts";
import { errorExitCode, exitCodes } from "../../exit_codes.ts";
import { switchFlag } from "../../flags.ts";
import { printDocument, printNote, printText } from "../../print.ts";
import { renderError } from "../../render/error.ts";
import { plainText } from "../../render/plain.ts";
import { styleFor } from "../../render/style.ts";

/** `hermes config check`: everything that is wrong with the files of the home; anything at all is a failure. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, mask } = context;
  const { paths } = await context.app();
  const problems = await checkConfig({ files: ports.files, env: ports.env }, paths);
  const isJson = switchFlag(flags, "json");
  if (isJson) {
    await printDocument(ports, {
      ok: problems.length === 0,
      file: paths.configFile,
      problems: problems.map(({ kind, path, message, hint }) => ({
        kind,
        path,
        message: mask(message),
        hint: hint ?? null,
      })),
    });
  } else {
    const lines = problems.map((problem) => mask(plainText(`${describe(problem)}\n`)));
    await printText(ports, lines.join(""));
  }
  if (problems.length === 0) {
    if (!isJson) await printNote(ports, `No problems: ${paths.configFile}`);
    return exitCodes.done;
  }
  const { stderr } = ports.terminal;
  const error = failureOf(problems);
  const style = styleFor(ports.env, stderr);
  await stderr.write(renderError(error, { mask, style, debug: false }));
  return errorExitCode(error);
}

function describe({ message, hint }: ConfigProblem): string {
  return hint === undefined ? message : `${message} (${hint})`;
}

/** All problems of a check as one failure. */
export function failureOf(problems: readonly ConfigProblem[]): HermesError {
  const count = problems.length === 1 ? "a problem" : `${problems.length} problems`;
  return new HermesError("config/invalid", `The configuration has ${count}`, {
    hint: "correct it: hermes config edit",
  });
}
