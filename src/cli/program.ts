import { Command } from "commander";
import { type ActionOf, callOf, type Invoke, type IsNamed } from "./program/call.ts";
import { addAuth } from "./program/auth_commands.ts";
import { addCodex } from "./program/codex_commands.ts";
import { addConfig } from "./program/config_commands.ts";
import { addCron } from "./program/cron_commands.ts";
import { helpLayout } from "./program/help.ts";
import { addMcp } from "./program/mcp_commands.ts";
import { addMemory } from "./program/memory_commands.ts";
import { addModel } from "./program/model_commands.ts";
import { addOwn } from "./program/own_commands.ts";
import { addSessions } from "./program/sessions_commands.ts";
import { addSkills } from "./program/skills_commands.ts";
import { addChat, addOneshot } from "./program/turn_commands.ts";

/**
 * The tree of commands with their flags and help texts. A call is handed to `invoke`, nothing runs here and no
 * command's file is loaded: `--help` and the completions need only what stands in these files. Groups that are not
 * `isNamed` stay without their commands: making all of them at each start would take longer than reading one call.
 */
export function buildProgram(invoke: Invoke, isNamed: IsNamed = () => true): Command {
  const program = new Command("hermes")
    .description("An agent host: a language model works with tools, in sessions that are kept.")
    .usage("[options] [command]")
    .enablePositionalOptions()
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show the help of a command")
    .configureHelp(helpLayout);
  program.option("-V, --version", "print the version");
  const on: ActionOf = (leaf) => callOf(program, leaf, invoke);
  addOneshot(program, invoke);
  addChat(program, invoke);
  addSessions(program, on, isNamed);
  addMemory(program, on, isNamed);
  addSkills(program, on, isNamed);
  addAuth(program, on, isNamed);
  addModel(program, on, isNamed);
  addConfig(program, on, isNamed);
  addCodex(program, on, isNamed);
  addMcp(program, on, isNamed);
  addCron(program, on, isNamed);
  addOwn(program, on);
  return program;
}
