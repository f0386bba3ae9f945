import type { FileStore } from "../../../src/core/ports.ts";
import type { WriteApproval } from "../../../src/tools/pending_changes.ts";
import { createFakeClock } from "../../fakes/clock.ts";

export const home = "/home/anna/.hermes";
export const skillsDirectory = `${home}/skills`;

/** A SKILL.md; `head` is more lines of its front matter. */
export function skillText(
  name: string,
  description = `What ${name} is for`,
  {
    head = "",
    body = `How to ${name}.\n`,
  }: { readonly head?: string; readonly body?: string } = {},
): string {
  return `---\nname: ${name}\ndescription: ${description}\n${head}---\n${body}`;
}

/** The path of a SKILL.md in the home. */
export function skillPath(name: string): string {
  return `${skillsDirectory}/${name}/SKILL.md`;
}

/** What the tools for skills are made with. */
export function skillDeps<Files extends FileStore>(
  files: Files,
  options: {
    readonly externalDirectories?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly approval?: WriteApproval;
  } = {},
) {
  return {
    files,
    clock: createFakeClock(),
    env: options.env ?? {},
    hermesHome: home,
    homeDirectory: "/home/anna",
    externalDirectories: options.externalDirectories ?? [],
    approval: options.approval ?? ("none" as const),
  };
}
