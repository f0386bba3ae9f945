import { type Command, Option } from "commander";

/** The flags of every command that reads the home. */
export function withCommonOptions(command: Command): Command {
  return command
    .option("--profile <name>", "use <home>/profiles/NAME")
    .addOption(
      repeatable("--set <key=value>", "override a configuration key for this run (repeatable)"),
    )
    .option("--debug", "show the stack of an error");
}

/** The flags of a turn, and those of every command. */
export function withTurnOptions(command: Command): Command {
  command
    .option("-m, --model <id>", "the model")
    .option("--provider <name>", "the provider")
    .option("--base-url <url>", "the address of the endpoint")
    .option("--runtime <name>", "what runs the turn: auto, codex_app_server")
    .option("-c, --continue", "go on with the last session")
    .option("-r, --resume <session>", "go on with a session: id, the beginning of one, or title")
    .addOption(
      repeatable(
        "-t, --toolsets <names>",
        "only these toolsets and MCP servers, separated by commas",
      ),
    )
    .addOption(
      repeatable("--require-mcp <name>", "fail if this MCP server is not ready (repeatable)"),
    )
    .addOption(repeatable("-s, --skills <names>", "load these skills, separated by commas"))
    .addOption(repeatable("--image <path>", "attach an image (repeatable)"))
    .option("--max-turns <number>", "model steps at most")
    .option("--deadline <seconds>", "end the turn after this time (exit code 124)")
    .option("--approval <mode>", "dangerous commands: ask, smart, deny or yolo")
    .addOption(repeatable("--allow <pattern>", "allow commands that match (repeatable)"))
    .option("--yolo", "short for --approval yolo")
    .option("--cwd <directory>", "the directory to work in")
    .option("-o, --output-last-message <file>", "write the final text to a file, too")
    .option("--output-schema <file>", "JSON schema that the answer must follow")
    .option("--ephemeral", "keep no session")
    .option("--json", "print the turn's events as JSON lines")
    .option("--quiet", "no progress on stderr")
    .option("-v, --verbose", "more progress on stderr")
    .option("--record <file>", "write the model's side of the run to a file")
    .option("--replay <file>", "answer from such a file, without a model");
  return withCommonOptions(command);
}

function repeatable(flags: string, description: string): Option {
  return new Option(flags, description).argParser(
    (value: string, previous: readonly string[] | undefined) => [...(previous ?? []), value],
  );
}

/** The section of a help text with the exit codes. */
export const exitCodeHelp = `
Exit codes:
  0    done                            66       no such session
  1    the turn failed                 75       rate limit or quota: try later
  2    called in a wrong way           78       configuration or store unusable
  4    no credential, or refused       124      --deadline passed
  5    a program or server is missing  130/143  interrupted
  6    denied, and nobody was asked    10       --dry-run: would change`;

/** The section of a help text with calls to copy. */
export function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}
