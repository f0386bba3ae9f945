import { describe, expect, test } from "bun:test";
import {
  findSkill,
  readSkills,
  type SkillCatalog,
} from "../../../src/tools/skills/skill_library.ts";
import { createFakeFiles } from "../../fakes/files.ts";
import { skillDeps, skillPath, skillsDirectory, skillText } from "./rig.ts";

async function catalogOf(
  initial: Readonly<Record<string, string | Uint8Array>>,
  externalDirectories: readonly string[] = [],
): Promise<SkillCatalog> {
  return await readSkills(skillDeps(createFakeFiles(initial), { externalDirectories }));
}

/** The catalogue as lines. */
function told({ skills, broken, shadowed, problems }: SkillCatalog): readonly string[] {
  return [
    ...skills.map(({ name, category }) => `${category ?? "-"}/${name}`),
    ...broken.map(({ name, reason }) => `broken ${name}: ${reason}`),
    ...shadowed.map(({ skill, by }) => `shadowed ${skill.directory} by ${by.directory}`),
    ...problems,
  ];
}

describe("readSkills()", () => {
  test("finds nothing where there is nothing, without a word", async () => {
    expect(told(await catalogOf({}))).toEqual([]);
  });

  test("finds skills with and without a category, in order", async () => {
    const catalog = await catalogOf({
      [skillPath("web/deploy")]: skillText("deploy"),
      [skillPath("web/build")]: skillText("build"),
      [skillPath("ask")]: skillText("ask"),
      [skillPath("ask/references/deep")]: skillText("no-skill"),
      [skillPath("a/b/too-deep")]: skillText("too-deep"),
      [skillPath(".hub/hidden")]: skillText("hidden"),
      [`${skillsDirectory}/README.md`]: "no skill",
    });
    expect(told(catalog)).toEqual(["-/ask", "web/build", "web/deploy"]);
    expect(catalog.skills[2]).toEqual({
      directory: `${skillsDirectory}/web/deploy`,
      root: skillsDirectory,
      isOwn: true,
      category: "web",
      name: "deploy",
      description: "What deploy is for",
      tags: [],
      relatedSkills: [],
      isPinned: false,
      requiredVariables: [],
    });
  });

  test("tells a broken skill with its reason", async () => {
    const catalog = await catalogOf({
      [skillPath("no-head")]: "# Deploy\n",
      [skillPath("no-text")]: new Uint8Array([0x2d, 0xff, 0xfe]),
      [skillPath("large")]: "x".repeat(900_000),
      [skillPath("b\u0430d/deploy")]: skillText("deploy"),
    });
    expect(told(catalog)).toEqual([
      "broken deploy: the name of its category has other characters than letters (a to z), digits, blanks, dots, dashes and underscores",
      "broken large: its SKILL.md is too large: 900000 bytes",
      "broken no-head: it does not begin with front matter between lines of ---",
      "broken no-text: its SKILL.md is no text in UTF-8",
    ]);
  });

  test("lets the home's skill stand before another one of its name, and says so", async () => {
    const catalog = await catalogOf(
      {
        [skillPath("web/deploy")]: skillText("deploy", "of the home"),
        "/team/Deploy/SKILL.md": skillText("Deploy", "of the team"),
        "/team/ops/rollback/SKILL.md": skillText("rollback"),
      },
      ["/team", "~/absent"],
    );
    expect(told(catalog)).toEqual([
      "ops/rollback",
      "web/deploy",
      `shadowed /team/Deploy by ${skillsDirectory}/web/deploy`,
      "No skills of /home/anna/absent: it does not exist",
    ]);
    expect(catalog.skills.map(({ isOwn }) => isOwn)).toEqual([false, true]);
  });

  test("follows a link inside of the directory, and none that leads out of it", async () => {
    const files = createFakeFiles({
      [skillPath("web/deploy")]: skillText("deploy"),
      "/elsewhere/evil/SKILL.md": skillText("evil"),
      "/etc/passwd": "root:x:0:0\n",
    });
    files.link(`${skillsDirectory}/alias`, `${skillsDirectory}/web/deploy`);
    files.link(`${skillsDirectory}/evil`, "/elsewhere/evil");
    files.link(`${skillsDirectory}/category`, "/elsewhere");
    files.link(`${skillsDirectory}/peek/SKILL.md`, "/etc/passwd");
    files.link(`${skillsDirectory}/loop`, `${skillsDirectory}/loop`);
    const out = "it leads out of the directory of skills through a symbolic link";
    const catalog = await readSkills(skillDeps(files));
    expect(catalog.skills.map(({ name }) => name)).toEqual(["deploy"]);
    expect(catalog.broken.map(({ name, reason }) => `${name}: ${reason}`)).toEqual([
      `evil: ${out}`,
      `evil: ${out}`,
      "loop: its SKILL.md cannot be read: too many symbolic links",
      `peek: ${out}`,
    ]);
  });

  test("reads a directory of skills that is a link itself", async () => {
    const files = createFakeFiles({ "/dotfiles/skills/ask/SKILL.md": skillText("ask") });
    files.link(skillsDirectory, "/dotfiles/skills");
    expect(told(await readSkills(skillDeps(files)))).toEqual(["-/ask"]);
  });

  test("tells what it may not read", async () => {
    const files = createFakeFiles({
      [skillPath("ask")]: skillText("ask"),
      [skillPath("closed")]: skillText("closed"),
    });
    files.fail("readBytes", skillPath("closed"), "EACCES");
    expect(told(await readSkills(skillDeps(files)))).toEqual([
      "-/ask",
      "broken closed: its SKILL.md cannot be read: permission denied",
    ]);
    files.fail("list", skillsDirectory, "EACCES");
    expect(told(await readSkills(skillDeps(files)))).toEqual([
      `No skills of ${skillsDirectory}: permission denied`,
    ]);
  });
});

describe("findSkill()", () => {
  const catalog = catalogOf(
    {
      [skillPath("web/deploy")]: skillText("deploy"),
      [skillPath("odd")]: "nothing\n",
      "/team/old/deploy/SKILL.md": skillText("deploy"),
    },
    ["/team"],
  );

  test.each([
    ["deploy", `${skillsDirectory}/web/deploy`],
    ["web/deploy", `${skillsDirectory}/web/deploy`],
    ["old/deploy", "/team/old/deploy"],
    ["odd", `${skillsDirectory}/odd`],
  ])("finds %s", async (name, directory) => {
    const found = findSkill(await catalog, name);
    expect(found.kind === "missing" ? found : found.skill.directory).toBe(directory);
  });

  test.each([
    ["deplyo", "deploy"],
    ["../deploy", "deploy"],
    ["/etc/passwd", undefined],
    ["web/../web/deploy", undefined],
    ["", undefined],
  ])("does not find %j, but perhaps %s", async (name, guess) => {
    expect(findSkill(await catalog, name)).toEqual({ kind: "missing", guess });
  });
});
