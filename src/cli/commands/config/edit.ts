import { checkConfig } from "../../../config/check.ts";
import { errnoOf, HermesError } from "../../../core/errors.ts";
import type { Env, Ports } from "../../../core/ports.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { usageError } from "../../flags.ts";
import { printNote } from "../../print.ts";
import { oneLine } from "../../render/plain.ts";
import { failureOf } from "./check.ts";

/** `hermes config edit`: opens config.yaml in the person's editor, and checks what they left there. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, mask } = context;
  const { stdin, stdout } = ports.terminal;
  if (stdin.kind !== "tty" || !stdout.isTty) {
    throw usageError("An editor needs a terminal", "hermes config set KEY VALUE");
  }
  const { paths } = await context.app();
  await ports.files.makeDirectory(paths.home, { mode: 0o700 });
  await runEditor(ports, editorCommand(ports.env), paths.configFile);
  const problems = await checkConfig({ files: ports.files, env: ports.env }, paths);
  for (const { message } of problems) await printNote(ports, oneLine(mask(message)));
  if (problems.length > 0) throw failureOf(problems);
  await printNote(ports, `No problems: ${paths.configFile}`);
  return exitCodes.done;
}

/** `$VISUAL`, else `$EDITOR`, else `vi`, as a program with its arguments: `code --wait`. */
export function editorCommand(env: Env): readonly [string, ...string[]] {
  const text = [env["VISUAL"], env["EDITOR"]].find((value) => value?.trim()) ?? "vi";
  const [program = "vi", ...rest] = text.trim().split(/\s+/);
  return [program, ...rest];
}

async function runEditor(
  ports: Ports,
  [program, ...rest]: readonly [string, ...string[]],
  file: string,
): Promise<void> {
  const env = Object.fromEntries(
    Object.entries(ports.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  // Ctrl-C is the editor's while it has the terminal.
  using _ = ports.signals.on("SIGINT", () => undefined);
  try {
    // How it ended says nothing of the file, which is looked at in any case.
    await ports.spawner.runInForeground({
      program,
      arguments: [...rest, file],
      cwd: ports.host.cwd,
      env,
    });
  } catch (error) {
    throw new HermesError(
      "program/missing",
      `Cannot start the editor: ${program} (${errnoOf(error) ?? String(error)})`,
      { cause: error, hint: "set EDITOR to an editor that is installed" },
    );
  }
}
