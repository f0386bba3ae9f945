import * as z from "zod";
import { defineInput, wrong } from "../input.ts";
import type { Replacement } from "../patching/replace_text.ts";

const actions = ["create", "patch", "edit", "delete", "write_file", "remove_file"] as const;

/** The arguments of `skill_manage`. */
export const skillManageInput = defineInput("skill_manage", () =>
  z.object({
    action: z.enum(actions),
    name: z.string().describe("Name of the skill; of a new one: small letters, digits, dashes"),
    content: z
      .string()
      .optional()
      .describe("create, edit: the whole SKILL.md, with front matter (name, description)"),
    old_string: z.string().optional().describe("patch: text to find, unique"),
    new_string: z.string().optional().describe("patch: text in its place"),
    replace_all: z.boolean().default(false).describe("patch: every occurrence"),
    category: z.string().optional().describe("create: directory to put it in"),
    file_path: z
      .string()
      .optional()
      .describe(
        "write_file, remove_file, patch: a file in references/, templates/, scripts/, assets/",
      ),
    file_content: z.string().optional().describe("write_file: the whole text"),
    absorbed_into: z.string().optional().describe("delete: the skill that has its content now"),
  }),
);

/** What is asked for, after the arguments of its action were checked. */
export type SkillRequest =
  | {
      readonly action: "create";
      readonly name: string;
      readonly content: string;
      readonly category: string | undefined;
    }
  | { readonly action: "edit"; readonly name: string; readonly content: string }
  | ({
      readonly action: "patch";
      readonly name: string;
      readonly filePath: string | undefined;
    } & Replacement)
  | { readonly action: "delete"; readonly name: string; readonly absorbedInto: string | undefined }
  | {
      readonly action: "write_file";
      readonly name: string;
      readonly filePath: string;
      readonly content: string;
    }
  | { readonly action: "remove_file"; readonly name: string; readonly filePath: string };

/** Reads a call. @throws {HermesError} `turn/tool_arguments` where the action lacks something */
export function parseSkillRequest(rawArguments: string): SkillRequest {
  const value = skillManageInput.parse(rawArguments);
  const { action, name } = value;
  const needs = (what: string): never => {
    throw wrong("skill_manage", `${action} needs ${what}`);
  };
  switch (action) {
    case "create":
      return {
        action,
        name,
        content: value.content ?? needs("content"),
        category: value.category === "" ? undefined : value.category,
      };
    case "edit":
      return { action, name, content: value.content ?? needs("content") };
    case "patch":
      return {
        action,
        name,
        filePath: value.file_path === "" ? undefined : value.file_path,
        // Files are worked on with plain line breaks, whatever they have themselves.
        oldText: (value.old_string || needs("old_string")).replaceAll("\r\n", "\n"),
        newText: (value.new_string ?? needs("new_string")).replaceAll("\r\n", "\n"),
        replaceAll: value.replace_all,
      };
    case "delete":
      return {
        action,
        name,
        absorbedInto: value.absorbed_into === "" ? undefined : value.absorbed_into,
      };
    case "write_file":
      return {
        action,
        name,
        filePath: value.file_path ?? needs("file_path"),
        content: value.file_content ?? needs("file_content"),
      };
    case "remove_file":
      return { action, name, filePath: value.file_path ?? needs("file_path") };
    default:
      return action satisfies never;
  }
}
