import { type Argument, Command, Help } from "commander";
import type { CommandLeaf, Invocation } from "./command.ts";
import { examples, exitCodeHelp, withCommonOptions, withTurnOptions } from "./command_flags.ts";
import { listFlag, spell, usageError, type FlagValues } from "./flags.ts";
import { didYouMean } from "../core/did_you_mean.ts";

/**
 * The tree of commands with their flags and help texts. A call is handed to `invoke`, nothing runs here and no
 * command's file is loaded: `--help` and the completions need only what stands in this file.
 */
export function buildProgram(invoke: (invocation: Invocation) => void): Command {
  const program = new Command("hermes")
    .description("An agent host: a language model works with tools, in sessions that are kept.")
    .usage("[options] [command]")
    .enablePositionalOptions()
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show the help of a command")
    .configureHelp({
      formatHelp: (command, helper) => commandsFirst(new Help().formatHelp(command, helper)),
      subcommandTerm: (command) =>
        [
          command.name(),
          ...command.registeredArguments
            .filter((argument) => argument.description !== "")
            .map(argumentTerm),
        ].join(" "),
    });
  program.option("-V, --version", "print the version");
  const on = (leaf: CommandLeaf) => callOf(program, leaf, invoke);
  addOneshot(program, invoke);
  addChat(program, invoke);
  addSessions(program, on);
  addModel(program, on);
  addConfig(program, on);
  addCodex(program, on);

  withCommonOptions(program.command("doctor"))
    .description(
      "check the installation: home, configuration, store, endpoint, credential, programs",
    )
    .option("--online", "ask the endpoint, too")
    .option("--json", "print one JSON document")
    .action(
      on({
        path: "doctor",
        output: "document",
        load: () => import("./commands/doctor.ts"),
      }),
    );

  program
    .command("demo")
    .description("show one whole turn with a scripted model: no account, no network")
    .option("--debug", "show the stack of an error")
    .action(on({ path: "demo", output: "events", load: () => import("./commands/demo.ts") }));

  program
    .command("completion")
    .description("print the completion script of a shell")
    .argument("<shell>", "bash, zsh or fish")
    .option("--debug", "show the stack of an error")
    .addHelpText(
      "after",
      examples([
        "hermes completion bash > ~/.local/share/bash-completion/completions/hermes",
        "hermes completion zsh > ~/.zfunc/_hermes",
        "hermes completion fish > ~/.config/fish/completions/hermes.fish",
      ]),
    )
    .action(
      on({
        path: "completion",
        output: "document",
        load: () => import("./commands/completion.ts"),
      }),
    );
  return program;
}

/** What one can do comes before the long list of how: the section of the commands is moved to the front. */
function commandsFirst(help: string): string {
  const sections = help.trimEnd().split("\n\n");
  const isCommands = (section: string): boolean => section.startsWith("Commands:");
  const [usage = "", description = ""] = sections;
  const rest = sections.slice(2);
  const ordered = [...rest.filter(isCommands), ...rest.filter((section) => !isCommands(section))];
  return `${[usage, description, ...ordered].join("\n\n")}\n`;
}

function argumentTerm(argument: Argument): string {
  return `<${argument.name()}${argument.variadic ? "..." : ""}>`;
}

type Action = (...parameters: unknown[]) => void;
type ActionOf = (leaf: CommandLeaf) => Action;

const chat: CommandLeaf = {
  path: "chat",
  output: "events",
  load: () => import("./commands/chat.ts"),
};

const oneshot: CommandLeaf = {
  path: "-z",
  output: "events",
  load: () => import("./commands/oneshot.ts"),
};

function addOneshot(program: Command, invoke: (invocation: Invocation) => void): void {
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
  const advice = "to send a prompt: hermes -z 'PROMPT'";
  throw usageError(
    `Unknown command: ${word}`,
    near === undefined ? advice : `did you mean hermes ${near}? ${advice}`,
  );
}

function addChat(program: Command, invoke: (invocation: Invocation) => void): void {
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

function addSessions(program: Command, on: ActionOf): void {
  const sessions = program.command("sessions").description("list, read and tidy stored sessions");
  const leaf = (name: string, load: CommandLeaf["load"]): Action =>
    on({ path: `sessions ${name}`, output: "document", load });

  withCommonOptions(sessions.command("list"))
    .description("list sessions, the newest first")
    .option("-n, --limit <number>", "at most so many (default: 20)")
    .option("--source <name>", "only those started by: cli, oneshot, ...")
    .option("--json", "print one JSON document")
    .action(leaf("list", () => import("./commands/sessions/list.ts")));
  withCommonOptions(sessions.command("show"))
    .description("show what was said and done in a session")
    .argument("<session>", "id, the beginning of one, or title")
    .option("--json", "print one JSON document")
    .action(leaf("show", () => import("./commands/sessions/show.ts")));
  withCommonOptions(sessions.command("search"))
    .description("search the text of all sessions")
    .argument("<words...>", "what to look for")
    .option("-n, --limit <number>", "at most so many hits (default: 20)")
    .option("--json", "print one JSON document")
    .action(leaf("search", () => import("./commands/sessions/search.ts")));
  withCommonOptions(sessions.command("export"))
    .description("write a session as a file")
    .argument("<session>", "id, the beginning of one, or title")
    .option(
      "-f, --format <format>",
      "jsonl, json or markdown (default: by the file's name, else jsonl)",
    )
    .option("-o, --output <file>", "write to a file in place of stdout")
    .addHelpText(
      "after",
      examples([
        "hermes sessions export 20260102_0304 -o talk.md",
        "hermes sessions export 'release notes' > talk.jsonl",
      ]),
    )
    .action(leaf("export", () => import("./commands/sessions/export.ts")));
  withCommonOptions(sessions.command("rename"))
    .description("give a session a title")
    .argument("<session>", "id, the beginning of one, or title")
    .argument("<title...>", "the new title")
    .action(leaf("rename", () => import("./commands/sessions/rename.ts")));
  withCommonOptions(sessions.command("delete"))
    .description("delete sessions for good")
    .argument("<sessions...>", "ids, beginnings of ids, or titles")
    .option("-y, --yes", "do not ask")
    .action(leaf("delete", () => import("./commands/sessions/delete.ts")));
  withCommonOptions(sessions.command("prune"))
    .description("delete the sessions that were not used for a while")
    .option("--older-than <days>", "days without use (default: sessions.retention_days)")
    .option("--dry-run", "only say what would be deleted")
    .option("-y, --yes", "do not ask")
    .action(leaf("prune", () => import("./commands/sessions/prune.ts")));
}

function addModel(program: Command, on: ActionOf): void {
  const model = program.command("model").description("show or choose the model");
  withCommonOptions(model.command("list", { isDefault: true }))
    .description("list the models that the endpoint offers")
    .option("--provider <name>", "ask this provider")
    .option("--json", "print one JSON document")
    .action(
      on({
        path: "model list",
        output: "document",
        load: () => import("./commands/model/list.ts"),
      }),
    );
  withCommonOptions(model.command("set"))
    .description("write the model to the configuration")
    .argument("<model>", "the model's id")
    .option("--provider <name>", "and its provider")
    .option("--base-url <url>", "and the address of its endpoint")
    .addHelpText(
      "after",
      examples([
        "hermes model set gpt-5.5 --provider openai",
        "hermes model set qwen3 --provider custom --base-url http://127.0.0.1:11434/v1",
      ]),
    )
    .action(
      on({ path: "model set", output: "document", load: () => import("./commands/model/set.ts") }),
    );
}

function addConfig(program: Command, on: ActionOf): void {
  const config = program.command("config").description("read and change the configuration");
  const leaf = (name: string, load: CommandLeaf["load"]): Action =>
    on({ path: `config ${name}`, output: "document", load });

  withCommonOptions(config.command("show"))
    .description("show every value in effect and where it comes from")
    .option("--json", "print one JSON document")
    .action(leaf("show", () => import("./commands/config/show.ts")));
  withCommonOptions(config.command("get"))
    .description("print one value")
    .argument("<key>", "for example model.default")
    .action(leaf("get", () => import("./commands/config/get.ts")));
  withCommonOptions(config.command("set"))
    .description("change one value in config.yaml, comments are kept")
    .argument("<key>", "for example model.default")
    .argument("<value>", "YAML: 90, true, [a, b], or plain text")
    .addHelpText(
      "after",
      examples(["hermes config set agent.max_turns 50", "hermes config set model.provider openai"]),
    )
    .action(leaf("set", () => import("./commands/config/set.ts")));
  withCommonOptions(config.command("unset"))
    .description("remove one value from config.yaml")
    .argument("<key>", "for example model.default")
    .action(leaf("unset", () => import("./commands/config/unset.ts")));
  withCommonOptions(config.command("path"))
    .description("print the path of config.yaml")
    .action(leaf("path", () => import("./commands/config/path.ts")));
  withCommonOptions(config.command("check"))
    .description("check config.yaml: syntax, unknown keys, values, keys without effect")
    .option("--json", "print one JSON document")
    .action(leaf("check", () => import("./commands/config/check.ts")));
  withCommonOptions(config.command("edit"))
    .description("open config.yaml in $VISUAL or $EDITOR, and check it afterwards")
    .action(leaf("edit", () => import("./commands/config/edit.ts")));
}

function addCodex(program: Command, on: ActionOf): void {
  const codex = program.command("codex").description("the codex program as what runs turns");
  withCommonOptions(codex.command("status", { isDefault: true }))
    .description("show codex's version, sign-in and configuration problems")
    .option("--json", "print one JSON document")
    .action(
      on({
        path: "codex status",
        output: "document",
        load: () => import("./commands/codex/status.ts"),
      }),
    );
}

/** The handler that turns commander's call into an invocation. */
function callOf(
  program: Command,
  leaf: CommandLeaf,
  invoke: (invocation: Invocation) => void,
): Action {
  // Commander calls with every operand, then the options, then the command itself.
  return (...parameters) => {
    const command = parameters.at(-1);
    if (!(command instanceof Command)) throw new TypeError("Commander passes the command last");
    const operands = parameters
      .slice(0, -2)
      .flat()
      .filter((value) => typeof value === "string");
    invoke({ leaf, flags: mergedFlags(program, command, leaf.path), operands });
  };
}

/** A command's flags with those that were given before its name; lists are joined. */
function mergedFlags(program: Command, command: Command, path: string): FlagValues {
  const own = command.opts<Record<string, unknown>>();
  const before = program.opts<Record<string, unknown>>();
  const known = new Set(command.options.map((option) => option.attributeName()));
  const merged: Record<string, unknown> = { ...before, ...own };
  for (const name of Object.keys(before)) {
    if (!known.has(name)) {
      throw usageError(
        `${spell(name)} does not apply to hermes ${path}`,
        `leave ${spell(name)} out`,
      );
    }
    if (Array.isArray(own[name]))
      merged[name] = [...listFlag(before, name), ...listFlag(own, name)];
  }
  return merged;
}
