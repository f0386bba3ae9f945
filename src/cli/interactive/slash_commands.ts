import { HermesError } from "../../core/errors.ts";
import { didYouMean } from "../../core/did_you_mean.ts";
import { plainText } from "../render/plain.ts";
import type { SlashCommand, SlashContext } from "./slash_command.ts";
import { compressCommand } from "./slash_compress.ts";
import { goalCommand } from "./slash_goal.ts";
import { helpText } from "./slash_help.ts";
import { memoryCommand } from "./slash_memory.ts";
import { skillsCommand } from "./slash_skills.ts";
import {
  branchCommand,
  newCommand,
  resumeCommand,
  rewindCommand,
  sessionsCommand,
} from "./slash_sessions.ts";
import {
  approvalsCommand,
  codexRuntimeCommand,
  configCommand,
  modelCommand,
} from "./slash_settings.ts";
import { titleCommand } from "./slash_title.ts";
import { usageCommand } from "./slash_usage.ts";

const helpCommand: SlashCommand = {
  name: "/help",
  aliases: ["/?"],
  summary: "what can be typed here",
  async run({ talk }) {
    await talk.say(helpText(slashCommands, talk));
    return "stay";
  },
};

const toolsCommand: SlashCommand = {
  name: "/tools",
  summary: "what the model can use",
  async run({ talk, conversation }) {
    const names = conversation.toolNames.join(", ");
    const told =
      conversation.runtime === "codex_app_server"
        ? `codex's own tools${names === "" ? "" : `, and of hermes: ${names}`}`
        : names || "No tools";
    await talk.say(told);
    return "stay";
  },
};

const reasoningCommand: SlashCommand = {
  name: "/reasoning",
  summary: "what the model thought in the last turn",
  async run({ talk, reasoning }) {
    const text = plainText(reasoning).trim();
    await talk.say(talk.style.dim(text === "" ? "The model told nothing of it" : text));
    return "stay";
  },
};

const queueCommand: SlashCommand = {
  name: "/queue",
  operands: "TEXT",
  summary: "send a message after the turn that runs",
  run(_, operands) {
    if (operands !== "") return Promise.resolve({ send: operands });
    throw new HermesError("usage/invalid", "What shall be sent is missing", {
      hint: "/queue and now the tests",
    });
  },
};

const quitCommand: SlashCommand = {
  name: "/quit",
  aliases: ["/exit", "/q"],
  summary: "leave",
  run: () => Promise.resolve("leave"),
};

/** All of them, in the order of the help. */
export const slashCommands: readonly SlashCommand[] = [
  helpCommand,
  newCommand,
  resumeCommand,
  sessionsCommand,
  rewindCommand,
  branchCommand,
  titleCommand,
  modelCommand,
  toolsCommand,
  skillsCommand,
  memoryCommand,
  compressCommand,
  goalCommand,
  queueCommand,
  usageCommand,
  reasoningCommand,
  approvalsCommand,
  configCommand,
  codexRuntimeCommand,
  quitCommand,
];

/** A command with what was typed behind it. */
export interface SlashCall {
  readonly command: SlashCommand;
  readonly operands: string;
}

/**
 * What a message that begins with a slash asks for; undefined for what is a message, also one that begins with a path.
 * @throws {HermesError} `usage/invalid` for a command that there is not
 */
export function parseSlash(text: string): SlashCall | undefined {
  const found = slashPattern.exec(text.trim());
  if (!found) return undefined;
  const [, name = "", operands = ""] = found;
  const command = slashCommands.find(
    (candidate) => candidate.name === name || candidate.aliases?.includes(name) === true,
  );
  if (command) return { command, operands: operands.trim() };
  const names = slashCommands.flatMap((candidate) => [
    candidate.name,
    ...(candidate.aliases ?? []),
  ]);
  const near = didYouMean(name, names);
  throw new HermesError("usage/invalid", `Unknown command: ${name}`, {
    hint: near === undefined ? "/help tells what there is" : `did you mean ${near}?`,
  });
}

/** Whether a message asks for a command, also for one that there is not. */
export function isSlash(text: string): boolean {
  return slashPattern.test(text.trim());
}

const slashPattern = /^(\/[^\s/]*)(?:\s+([^]*))?$/;

/**
 * Runs a command.
 * @throws {HermesError} what the person is told: also `usage/invalid` for text behind a command that takes none
 */
export async function runSlash(
  { command, operands }: SlashCall,
  context: SlashContext,
): ReturnType<SlashCommand["run"]> {
  // It may have been meant for the model: it is not dropped in silence.
  if (command.operands === undefined && operands !== "") {
    const [first = ""] = operands.split("\n", 1);
    throw new HermesError("usage/invalid", `${command.name} takes nothing behind it: ${first}`, {
      hint: `send ${command.name} alone`,
    });
  }
  return await command.run(context, operands);
}
