import { errorMessage } from "../../core/errors.ts";
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import { knownNameProblem, skillLimits } from "./skill_names.ts";

/** What the head of a SKILL.md says. */
export interface SkillFacts {
  readonly name: string;
  /** One line. */
  readonly description: string;
  readonly tags: readonly string[];
  readonly relatedSkills: readonly string[];
  /** Whether only the user may delete it. */
  readonly isPinned: boolean;
  /** Names of the variables without which it does not work. */
  readonly requiredVariables: readonly string[];
}

export type SkillDocument =
  | { readonly kind: "skill"; readonly facts: SkillFacts }
  | { readonly kind: "broken"; readonly reason: string };

/** Characters between the two lines of dashes. */
const maxHeadChars = 16_384;

/**
 * Reads the text of a SKILL.md: YAML between two lines of `---`, then Markdown. What is unknown is ignored. The name of
 * its directory stands in for a name that is left out.
 */
export async function readSkillDocument(
  text: string,
  directoryName: string,
): Promise<SkillDocument> {
  const parts = splitDocument(text);
  if (parts === undefined)
    return broken("it does not begin with front matter between lines of ---");
  const { head, body } = parts;
  if (head.length > maxHeadChars) {
    return broken(`its front matter is longer than ${maxHeadChars} characters`);
  }
  if (body.length > skillLimits.body) {
    return broken(`its text has ${body.length} characters, more than ${skillLimits.body}`);
  }
  const fields = await parseHead(head);
  return typeof fields === "string" ? broken(fields) : factsOf(fields, directoryName);
}

function broken(reason: string): SkillDocument {
  return { kind: "broken", reason };
}

/** Whether a text that cannot be read as a skill says all the same that it is pinned. */
export function looksPinned(text: string): boolean {
  const head = splitDocument(text)?.head ?? text;
  return /^\s*["']?pinned["']?\s*:\s*true\b/im.test(head.slice(0, maxHeadChars));
}

function splitDocument(text: string): { readonly head: string; readonly body: string } | undefined {
  const opening = /^\uFEFF?---[ \t]*\r?\n/.exec(text);
  if (!opening) return undefined;
  const rest = text.slice(opening[0].length);
  const closing = /^---[ \t]*(?:\r?\n|$)/m.exec(rest);
  if (!closing) return undefined;
  return {
    head: rest.slice(0, closing.index),
    body: rest.slice(closing.index + closing[0].length),
  };
}

/** The fields of the front matter, or what is wrong with it. */
async function parseHead(head: string): Promise<JsonObject | string> {
  // Loaded where there is a skill to be read: it costs milliseconds at start-up.
  const { parse } = await import("yaml");
  try {
    // The line break stands for the line of dashes: the parser names lines of the file.
    const value: unknown = parse(`\n${head}`, { logLevel: "error" });
    if (isJsonObject(value)) return value;
    return "its front matter is no list of keys and values";
  } catch (error) {
    const [line = ""] = errorMessage(error).split("\n");
    return `its front matter is no YAML: ${line.replace(/:$/, "")}`;
  }
}

function factsOf(fields: JsonObject, directoryName: string): SkillDocument {
  const name = fields["name"] ?? directoryName;
  if (typeof name !== "string") return broken("its name is no text");
  const nameProblem = knownNameProblem(name);
  if (nameProblem !== undefined) return broken(`its name ${nameProblem}`);
  const description = fields["description"] ?? "";
  if (typeof description !== "string") return broken("its description is no text");
  const line = description.trim().replaceAll(/\s+/g, " ");
  if (line === "") return broken("its description is missing");
  if (line.length > skillLimits.description) {
    return broken(
      `its description has ${line.length} characters, more than ${skillLimits.description}`,
    );
  }
  const metadata = objectAt(objectAt(fields, "metadata"), "hermes");
  return {
    kind: "skill",
    facts: {
      name,
      description: line,
      tags: textsOf(fields["tags"] ?? metadata["tags"]),
      relatedSkills: textsOf(fields["related_skills"] ?? metadata["related_skills"]),
      isPinned: fields["pinned"] === true,
      requiredVariables: variablesOf(fields["required_environment_variables"]),
    },
  };
}

function objectAt(value: JsonObject, key: string): JsonObject {
  const entry = value[key];
  return isJsonObject(entry) ? entry : {};
}

/** A list of texts, or one text with commas in it. */
function textsOf(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value)
    ? value
    : typeof value === "string"
      ? value.split(",")
      : [];
  return list.flatMap((entry) =>
    typeof entry === "string" && entry.trim() !== "" ? [entry.trim()] : [],
  );
}

/** Names of variables, each written out or as `{name: ...}`. */
function variablesOf(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  const list: readonly unknown[] = value;
  const names = list.map((entry) => (isJsonObject(entry) ? entry["name"] : entry));
  return names.flatMap((name) =>
    typeof name === "string" && /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? [name] : [],
  );
}
