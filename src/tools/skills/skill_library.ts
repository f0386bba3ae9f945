import { basename, join } from "node:path/posix";
import { didYouMean } from "../../core/did_you_mean.ts";
import { errnoOf } from "../../core/errors.ts";
import type { FileStore } from "../../core/ports.ts";
import { worldProblem } from "../output.ts";
import { decodeTextFile } from "../text_file.ts";
import { toolPath } from "../tool_path.ts";
import { readSkillDocument, type SkillFacts } from "./skill_document.ts";
import { knownNameProblem, skillFileName, skillLimits } from "./skill_names.ts";

export interface SkillLibraryDeps {
  readonly files: Pick<FileStore, "list" | "stat" | "realPath" | "readBytes">;
  readonly hermesHome: string;
  readonly homeDirectory: string;
  /** `skills.external_dirs`: read, never written; relative ones are read against the hermes home. */
  readonly externalDirectories: readonly string[];
}

/** Where a skill was found. */
export interface SkillPlace {
  /** Absolute directory of the skill. */
  readonly directory: string;
  /** The directory of skills that it is in; absolute. */
  readonly root: string;
  /** Whether it lies in the hermes home: only those are changed. */
  readonly isOwn: boolean;
  readonly category: string | undefined;
}

export interface Skill extends SkillPlace, SkillFacts {}

/** A SKILL.md that cannot be used, with the name of its directory. */
export interface BrokenSkill extends SkillPlace {
  readonly name: string;
  /** For people: `its description is missing`. */
  readonly reason: string;
}

/** All skills that there are, by category and name. */
export interface SkillCatalog {
  readonly skills: readonly Skill[];
  readonly broken: readonly BrokenSkill[];
  /** Skills that another one of their name stands before. */
  readonly shadowed: readonly { readonly skill: Skill; readonly by: Skill }[];
  /** What else went wrong, one sentence each. */
  readonly problems: readonly string[];
}

/** Skills that are read at most: a directory with more is none of skills. */
const maxSkills = 1_000;

/** Files that are open at a time. */
const batchSize = 32;

/** The directory of the skills that are hermes' own. */
export function ownSkillsDirectory(hermesHome: string): string {
  return join(hermesHome, "skills");
}

/**
 * Reads `<root>/<name>/SKILL.md` and `<root>/<category>/<name>/SKILL.md` of the home and then of the other directories.
 * Never fails: what cannot be read is told in the catalogue.
 */
export async function readSkills(deps: SkillLibraryDeps): Promise<SkillCatalog> {
  const own = ownSkillsDirectory(deps.hermesHome);
  const others = deps.externalDirectories.map((path) =>
    toolPath(path, deps.hermesHome, deps.homeDirectory),
  );
  const problems: string[] = [];
  const places: SkillPlace[] = [];
  for (const root of new Set([own, ...others])) {
    try {
      places.push(...(await findPlaces(deps.files, { root, isOwn: root === own })));
    } catch (error) {
      const problem = worldProblem(error);
      if (problem === undefined) throw error;
      // Without skills there is no directory for them.
      const isNone = root === own && errnoOf(error) === "ENOENT";
      if (!isNone) problems.push(`No skills of ${root}: ${problem}`);
    }
  }
  if (places.length > maxSkills) {
    problems.push(`There are ${places.length} skills: only the first ${maxSkills} are read`);
  }
  const read = await inBatches(places.slice(0, maxSkills), (place) => readSkill(deps.files, place));
  return { ...arrange(read), problems };
}

/** The skill of that name, or of `category/name`. */
export type FoundSkill =
  | { readonly kind: "skill"; readonly skill: Skill }
  | { readonly kind: "broken"; readonly skill: BrokenSkill }
  /** `guess`: what was most likely meant. */
  | { readonly kind: "missing"; readonly guess: string | undefined };

/** Finds a skill by the name that somebody gave; no path is ever made of it. */
export function findSkill(catalog: SkillCatalog, name: string): FoundSkill {
  const isMeant = (candidate: { readonly name: string } & SkillPlace): boolean =>
    name === candidate.name || name === qualifiedName(candidate);
  const skill =
    catalog.skills.find(isMeant) ?? catalog.shadowed.find((one) => isMeant(one.skill))?.skill;
  if (skill) return { kind: "skill", skill };
  const broken = catalog.broken.find(isMeant);
  if (broken) return { kind: "broken", skill: broken };
  const names = catalog.skills.map((known) => known.name);
  return { kind: "missing", guess: didYouMean(name, names) };
}

/** The name with its category. */
export function qualifiedName({
  name,
  category,
}: Pick<Skill, "name"> & Pick<SkillPlace, "category">): string {
  return category === undefined ? name : `${category}/${name}`;
}

type PlaceFiles = Pick<FileStore, "list" | "stat">;

/** The directories with a SKILL.md, one or two levels down, in the order of their paths. */
async function findPlaces(
  files: PlaceFiles,
  { root, isOwn }: Pick<SkillPlace, "root" | "isOwn">,
): Promise<readonly SkillPlace[]> {
  const names = await directoriesIn(files, root);
  const found = await inBatches(names, async (name): Promise<readonly SkillPlace[]> => {
    const directory = join(root, name);
    if (await hasSkillFile(files, directory)) {
      return [{ directory, root, isOwn, category: undefined }];
    }
    const inside = await directoriesIn(files, directory).catch(() => []);
    const nested: SkillPlace[] = [];
    for (const child of inside) {
      const place = { directory: join(directory, child), root, isOwn, category: name };
      if (await hasSkillFile(files, place.directory)) nested.push(place);
    }
    return nested;
  });
  return found.flat();
}

/** Names of what may be a directory, also through a link; hidden ones are nobody's skills. */
async function directoriesIn(files: PlaceFiles, path: string): Promise<readonly string[]> {
  const entries = await files.list(path);
  return entries
    .filter(
      ({ name, kind }) => !name.startsWith(".") && (kind === "directory" || kind === "symlink"),
    )
    .map(({ name }) => name)
    .toSorted();
}

/** Whether there is one; also when nobody may look at it: then the skill is told to be broken. */
async function hasSkillFile(files: PlaceFiles, directory: string): Promise<boolean> {
  const stat = await files.stat(join(directory, skillFileName)).catch(() => "unreadable" as const);
  return stat !== undefined;
}

async function readSkill(
  files: SkillLibraryDeps["files"],
  place: SkillPlace,
): Promise<Skill | BrokenSkill> {
  const name = basename(place.directory);
  const broken = (reason: string): BrokenSkill => ({ ...place, name, reason });
  const { category } = place;
  const categoryProblem = category === undefined ? undefined : knownNameProblem(category);
  if (categoryProblem !== undefined) return broken(`the name of its category ${categoryProblem}`);
  const read = await readSkillText(files, place);
  if (read.kind === "unreadable") return broken(read.reason);
  const document = await readSkillDocument(read.text, name);
  return document.kind === "skill" ? { ...place, ...document.facts } : broken(document.reason);
}

export type SkillText =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "unreadable"; readonly reason: string };

/** The SKILL.md of a skill, with `\n` line ends. */
export async function readSkillText(
  files: Pick<FileStore, "stat" | "realPath" | "readBytes">,
  { directory, root }: Pick<SkillPlace, "directory" | "root">,
): Promise<SkillText> {
  const unreadable = (reason: string): SkillText => ({ kind: "unreadable", reason });
  try {
    const path = join(directory, skillFileName);
    if (!(await isInside(files, path, root))) {
      return unreadable("it leads out of the directory of skills through a symbolic link");
    }
    const stat = await files.stat(path);
    if (stat?.kind !== "file") return unreadable(`its ${skillFileName} is no regular file`);
    // Four bytes are the longest character of UTF-8.
    if (stat.size > 8 * skillLimits.body) {
      return unreadable(`its ${skillFileName} is too large: ${stat.size} bytes`);
    }
    const decoded = decodeTextFile(await files.readBytes(path));
    return decoded
      ? { kind: "text", text: decoded.text }
      : unreadable(`its ${skillFileName} is no text in UTF-8`);
  } catch (error) {
    const problem = worldProblem(error);
    if (problem === undefined) throw error;
    return unreadable(`its ${skillFileName} cannot be read: ${problem}`);
  }
}

/** Whether a path, with its symbolic links resolved, is in a directory. @throws the operating system's error */
export async function isInside(
  files: Pick<FileStore, "realPath">,
  path: string,
  directory: string,
): Promise<boolean> {
  const [real, base] = await Promise.all([files.realPath(path), files.realPath(directory)]);
  return real.startsWith(`${base}/`);
}

function arrange(read: readonly (Skill | BrokenSkill)[]): Omit<SkillCatalog, "problems"> {
  const byName = new Map<string, Skill>();
  const shadowed: { skill: Skill; by: Skill }[] = [];
  const broken: BrokenSkill[] = [];
  for (const skill of read) {
    if ("reason" in skill) {
      broken.push(skill);
      continue;
    }
    // Some file systems do not tell the cases apart, and neither do people.
    const key = skill.name.toLowerCase();
    const by = byName.get(key);
    if (by) shadowed.push({ skill, by });
    else byName.set(key, skill);
  }
  const skills = [...byName.values()].toSorted(
    (a, b) => compare(a.category ?? "", b.category ?? "") || compare(a.name, b.name),
  );
  return { skills, broken, shadowed };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function inBatches<From, To>(
  values: readonly From[],
  work: (value: From) => Promise<To>,
): Promise<readonly To[]> {
  const done: To[] = [];
  for (let start = 0; start < values.length; start += batchSize) {
    done.push(...(await Promise.all(values.slice(start, start + batchSize).map(work))));
  }
  return done;
}
