import type { Command } from "commander";
import { didYouMean } from "../../core/did_you_mean.ts";
import type { CommandLeaf } from "../command.ts";
import { examples, exitCodeHelp, withTurnOptions } from "../command_flags.ts";
import { usageError } from "../flags.ts";
import { type Invoke, mergedFlags } from "./call.ts";

const chat: CommandLeaf = {
  path: "chat",
  output: "events",
  load: () => import("../commands/chat.ts"),
};

const oneshot: CommandLeaf = {
  path: "-z",
  output: "events",
  load: () => import("../commands/oneshot.ts"),
};

/** `hermes -z`, and `hermes` alone: the program itself. */
export function addOneshot(program: Command, invoke: Invoke): void {
  program.option(
    "-z, --oneshot [prompt]",
    "one turn for scripts: the final text on stdout; - reads stdin (10 MiB at most)",
  );
  withTurnOptions(program);
  program
    .argument("[words...]")
    .addHelpText(
      "after",
      examples([
        "hermes",
        "hermes -z 'list the files here'",
        "git diff | hermes -z 'review this change' --json",
        "hermes -c",
        "hermes demo",
      ]),
    )
    .addHelpText("after", exitCodeHelp)
    .action((words: readonly string[]) => {
      const flags = program.opts<Record<string, unknown>>();
      const isOneshot = flags["oneshot"] !== undefined;
      refuseWords(program, words, isOneshot);
      invoke({ leaf: isOneshot ? oneshot : chat, flags, operands: [] });
    });
}

/** What is a command of a session only, and is looked for here as well. */
const inSession: ReadonlySet<string> = new Set(["tools", "codex-runtime"]);

/** Words that are no command: a misspelt one, or a prompt without its flag or its quotes. */
function refuseWords(program: Command, words: readonly string[], isOneshot: boolean): void {
  const [word] = words;
  if (word === undefined) return;
  if (isOneshot) {
    throw usageError(`Unexpected argument after the prompt: ${word}`, "put the prompt in quotes");
  }
  const near = didYouMean(
    word,
    program.commands.map((command) => command.name()),
  );
  const toSend = "to send a prompt: hermes -z 'PROMPT'";
  const advice = inSession.has(word) ? `type /${word} in a session: hermes; ${toSend}` : toSend;
  throw usageError(
    `Unknown command: ${word}`,
    near === undefined ? advice : `did you mean hermes ${near}? ${advice}`,
  );
}

/** `hermes chat`. */
export function addChat(program: Command, invoke: Invoke): void {
  const command = program
    .command("chat")
    .description("interactive session, or one turn with -q")
    .usage("[options]")
    .option("-q, --query <prompt>", "one turn, then leave; - reads the prompt from stdin")
    .argument("[words...]");
  withTurnOptions(command)
    .addHelpText(
      "after",
      examples([
        "hermes chat",
        "hermes chat -q 'explain this repository'",
        "hermes chat --resume 'release notes'",
      ]),
    )
    .action((words: readonly string[]) => {
      if (words.length > 0) {
        throw usageError(
          `Unexpected argument: ${words[0] ?? ""}`,
          "to send a prompt: hermes chat -q 'PROMPT'",
        );
      }
      invoke({ leaf: chat, flags: mergedFlags(program, command, chat.path), operands: [] });
    });
}
