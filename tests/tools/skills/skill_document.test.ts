import { describe, expect, test } from "bun:test";
import { looksPinned, readSkillDocument } from "../../../src/tools/skills/skill_document.ts";

const document = (head: string, body = "Do it.\n") => `---\n${head}\n---\n${body}`;

async function reasonOf(text: string): Promise<string> {
  const read = await readSkillDocument(text, "directory");
  return read.kind === "broken" ? read.reason : "not broken";
}

describe("readSkillDocument()", () => {
  test("reads everything that a front matter may say", async () => {
    const head = [
      "name: deploy",
      "description: |",
      "  Puts the site",
      "  online",
      "version: 1.0",
      "pinned: true",
      "required_environment_variables:",
      "  - name: SITE_KEY",
      "    prompt: The key of the site",
      "  - OTHER_KEY",
      "  - not a name",
      "metadata: {hermes: {tags: [web, ops], related_skills: [rollback]}}",
    ].join("\n");
    expect(await readSkillDocument(document(head), "directory")).toEqual({
      kind: "skill",
      facts: {
        name: "deploy",
        description: "Puts the site online",
        tags: ["web", "ops"],
        relatedSkills: ["rollback"],
        isPinned: true,
        requiredVariables: ["SITE_KEY", "OTHER_KEY"],
      },
    });
  });

  test("takes the directory's name, windows line ends and a byte order mark", async () => {
    const text = "\uFEFF---\r\ndescription: d\r\ntags: a, b\r\n---\r\nBody\r\n";
    expect(await readSkillDocument(text, "directory")).toEqual({
      kind: "skill",
      facts: {
        name: "directory",
        description: "d",
        tags: ["a", "b"],
        relatedSkills: [],
        isPinned: false,
        requiredVariables: [],
      },
    });
  });

  test.each([
    ["# Deploy\n", "it does not begin with front matter between lines of ---"],
    ["---\nname: a\n", "it does not begin with front matter between lines of ---"],
    [document("- a"), "its front matter is no list of keys and values"],
    [document("name: a"), "its description is missing"],
    [document("description: ' '"), "its description is missing"],
    [document("description: [a]"), "its description is no text"],
    [document("name: 7\ndescription: d"), "its name is no text"],
    [
      document("name: ../x\ndescription: d"),
      "its name has other characters than letters (a to z), digits, blanks, dots, dashes and underscores",
    ],
    [
      document("description: Use when: always"),
      "its front matter is no YAML: Nested mappings are not allowed in compact mappings at line 2, column 14",
    ],
    [
      document(`description: ${"d".repeat(1_025)}`),
      "its description has 1025 characters, more than 1024",
    ],
    [
      document("description: d", "b".repeat(100_001)),
      "its text has 100001 characters, more than 100000",
    ],
    [document(`x: ${"y".repeat(20_000)}`), "its front matter is longer than 16384 characters"],
  ])("tells what is wrong: %#", async (text, reason) => {
    expect(await reasonOf(text)).toBe(reason);
  });

  test("keeps the limits themselves", async () => {
    const name = "n".repeat(64);
    const text = document(`name: ${name}\ndescription: ${"d".repeat(1_024)}`, "b".repeat(100_000));
    expect(await readSkillDocument(text, "directory")).toMatchObject({ kind: "skill" });
  });

  test("survives what would blow up a parser", async () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefgh"
      .split("")
      .map((key, index) => `${key}: &${key} [${Array(9).fill(`*${"abcdefg"[index]}`).join()}]`)
      .join("\n")}\ndescription: d`;
    expect(await reasonOf(document(bomb))).toStartWith("its front matter is no YAML: ");
    expect(await reasonOf(document("[".repeat(16_000)))).toStartWith(
      "its front matter is no YAML: ",
    );
  });
});

test("looksPinned() reads what cannot be parsed", () => {
  expect(looksPinned("---\nname: a\npinned: true\ndescription: a: b\n")).toBe(true);
  expect(looksPinned("---\nname: a\npinned: false\n")).toBe(false);
});
