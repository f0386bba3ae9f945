/** Sizes that a skill keeps within: characters of its texts, bytes of a linked file. */
export const skillLimits = {
  name: 64,
  description: 1_024,
  body: 100_000,
  fileBytes: 1024 * 1024,
} as const;

/** The file that makes a directory a skill. */
export const skillFileName = "SKILL.md";

/** Directories of a skill that files are written to. */
export const linkedDirectories = ["references", "templates", "scripts", "assets"] as const;

/** Plain letters only: a name that looks like another one must not stand beside it. */
const KNOWN_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9 ._-]*[A-Za-z0-9_-])?$/;
const NEW_NAME = /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/;
const SEGMENT = /^[A-Za-z0-9_](?:[A-Za-z0-9 ._+@=,()-]*[A-Za-z0-9_+@=)-])?$/;

const maxPathChars = 512;
const maxSegmentChars = 128;

/** What is wrong with the name or the category of a skill that is there already, or undefined. */
export function knownNameProblem(name: string): string | undefined {
  if (name === "") return "is empty";
  if (name.length > skillLimits.name) return `is longer than ${skillLimits.name} characters`;
  return KNOWN_NAME.test(name)
    ? undefined
    : "has other characters than letters (a to z), digits, blanks, dots, dashes and underscores";
}

/** What is wrong with the name or the category of a new skill, which becomes the name of a directory; or undefined. */
export function newNameProblem(name: string): string | undefined {
  if (name === "") return "is empty";
  if (name.length > skillLimits.name) return `is longer than ${skillLimits.name} characters`;
  return NEW_NAME.test(name)
    ? undefined
    : "must be small letters (a to z), digits, dots, dashes and underscores, with a letter or digit at both ends";
}

/** What is wrong with the path of a file in a skill, relative to the skill; or undefined. Pure: looks nothing up. */
export function skillPathProblem(path: string): string | undefined {
  if (path === "") return "file_path must not be empty";
  if (path.length > maxPathChars) return `file_path is longer than ${maxPathChars} characters`;
  if (path.includes("\0")) return "file_path must not contain a NUL character";
  if (/^(?:[/\\~]|[A-Za-z]:)/.test(path)) return "file_path must be relative to the skill";
  const segments = path.split("/");
  if (segments.includes("..")) return "file_path must not contain ..";
  const odd = segments.find(
    (segment) => segment.length > maxSegmentChars || !SEGMENT.test(segment),
  );
  return odd === undefined
    ? undefined
    : `file_path has a part that is no plain name: ${JSON.stringify(odd.slice(0, 40))}`;
}

/** What is wrong with the path of a linked file that is to be written or removed, or undefined. */
export function linkedPathProblem(path: string): string | undefined {
  const problem = skillPathProblem(path);
  if (problem !== undefined) return problem;
  const [directory, ...rest] = path.split("/");
  const isLinked = linkedDirectories.some((name) => name === directory) && rest.length > 0;
  return isLinked
    ? undefined
    : `file_path must be a file in ${linkedDirectories.join("/, ")}/: ${path}`;
}
