import { skillLibrary } from "../../../app/skills.ts";
import { HermesError } from "../../../core/errors.ts";
import { listLinkedFiles, readLinkedFile } from "../../../tools/skills/linked_files.ts";
import {
  findSkill,
  readSkills,
  readSkillText,
  type Skill,
} from "../../../tools/skills/skill_library.ts";
import { skillFileName } from "../../../tools/skills/skill_names.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { switchFlag, usageError } from "../../flags.ts";
import { printDocument, printNote, printText } from "../../print.ts";
import { plainText } from "../../render/plain.ts";

/** `hermes skills view`: the text of a skill, or of a file that belongs to it. */
export async function run(context: CommandContext): Promise<number> {
  const { flags, ports, operands } = context;
  const [name = "", file = skillFileName] = operands;
  const { files } = ports;
  const app = await context.app();
  const found = findSkill(await readSkills(skillLibrary(app, await app.config())), name);
  if (found.kind === "missing") throw noSuchSkill(name, found.guess);
  if (found.kind === "broken") {
    const { directory, reason } = found.skill;
    throw new HermesError("usage/invalid", `The skill ${name} is broken: ${reason}`, {
      hint: `correct ${directory}/${skillFileName}`,
    });
  }
  const { skill } = found;
  const text = await textOf(files, skill, file);
  const linked = Object.values(await listLinkedFiles(files, skill.directory)).flat();
  if (switchFlag(flags, "json")) {
    await printDocument(ports, {
      name: skill.name,
      category: skill.category ?? null,
      description: skill.description,
      directory: skill.directory,
      read_only: !skill.isOwn,
      pinned: skill.isPinned,
      file,
      content: text,
      files: linked,
    });
    return exitCodes.done;
  }
  await printText(ports, plainText(text.endsWith("\n") ? text : `${text}\n`));
  if (file === skillFileName && linked.length > 0) {
    await printNote(ports, `Files: ${linked.join(", ")}`);
  }
  return exitCodes.done;
}

/** The refusal of a name that no skill has. */
export function noSuchSkill(name: string, guess: string | undefined): HermesError {
  return usageError(
    `No such skill: ${name}`,
    guess === undefined ? "hermes skills list" : `did you mean ${guess}?`,
  );
}

/** A text of the skill. @throws {HermesError} `usage/invalid`, `file/unreadable` */
async function textOf(
  files: CommandContext["ports"]["files"],
  skill: Skill,
  file: string,
): Promise<string> {
  if (file === skillFileName) {
    const read = await readSkillText(files, skill);
    if (read.kind === "text") return read.text;
    throw new HermesError("file/unreadable", `The skill ${skill.name} is broken: ${read.reason}`);
  }
  const read = await readLinkedFile(files, skill, file);
  switch (read.kind) {
    case "text":
      return read.text;
    case "binary":
      throw usageError(`${file} is no text`, `it is in ${skill.directory}`);
    case "refused":
      throw usageError(read.problem, `hermes skills view ${skill.name} names its files`);
    default:
      return read satisfies never;
  }
}
