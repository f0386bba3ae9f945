import type { CommandContext } from "../../command.ts";
import { printWarning } from "../../print.ts";
import { promptFromStdin } from "../../stdin_prompt.ts";
import { untilInterrupted } from "../../until_interrupted.ts";

/** The prompt of a job as it was typed; `-` is all of stdin. @throws {HermesError} `usage/invalid` */
export async function readJobPrompt(
  { ports }: Pick<CommandContext, "ports">,
  typed: string,
): Promise<string> {
  if (typed !== "-") return typed.trim();
  const hint = "pipe the prompt in: hermes cron add 'every day at 09:00' - < prompt.txt";
  const { text, notices } = await untilInterrupted(ports, (signal) =>
    promptFromStdin(ports.terminal, signal, hint),
  );
  for (const notice of notices) await printWarning(ports, notice);
  return text.trim();
}
