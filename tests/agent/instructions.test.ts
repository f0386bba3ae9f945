import { describe, expect, test } from "bun:test";
import {
  buildInstructions,
  findProjectFile,
  isAttended,
  localDate,
} from "../../src/agent/instructions.ts";
import type { FileStat } from "../../src/core/ports.ts";

const facts = {
  cwd: "/home/ann/project",
  system: "linux x64",
  date: "2026-01-31",
  provider: "openai",
  model: "gpt-5.5",
  toolNames: ["terminal"],
  isInteractive: false,
};

/** Just enough of a file store: the given texts, and nothing else. */
function filesOf(texts: Readonly<Record<string, string>>) {
  const stat: FileStat = { kind: "file", size: 1, mode: 0o644, modifiedAt: 0, owner: 0 };
  return {
    stat: (path: string) => Promise.resolve(path in texts ? stat : undefined),
    readText: (path: string) => Promise.resolve(texts[path] ?? ""),
  };
}

describe("buildInstructions()", () => {
  test("puts what changes last", () => {
    const one = buildInstructions(facts);
    const other = buildInstructions({ ...facts, date: "2026-02-01" });
    const common = one.indexOf("2026-01-31");
    expect(other.slice(0, common)).toBe(one.slice(0, common));
    expect(one.slice(0, common)).toContain("Working directory: /home/ann/project");
    expect(one.slice(common)).not.toContain("tools");
  });

  test("says nothing of tools where there are none", () => {
    expect(buildInstructions({ ...facts, toolNames: [] })).not.toContain("Working with tools");
  });

  test("lists the skills where there is a tool to load them with", () => {
    const skills = "- deploy: Puts the site online";
    const prompt = buildInstructions({ ...facts, toolNames: ["skill_view"], skills });
    expect(prompt).toContain(`load it with skill_view`);
    expect(prompt).toContain(`\n\n${skills}\n\n`);
    expect(prompt.indexOf(skills)).toBeLessThan(prompt.indexOf("Working directory"));
    expect(buildInstructions({ ...facts, skills })).toBe(buildInstructions(facts));
  });

  test("shortens a long project file to its head and tail", () => {
    const text = `${"a".repeat(30_000)}END`;
    const prompt = buildInstructions({ ...facts, projectFile: { path: "/p/AGENTS.md", text } });
    expect(prompt).toContain("Instructions of this project, from /p/AGENTS.md:");
    expect(prompt).toContain("[... 12003 characters left out ...]");
    expect(prompt).toContain("aEND\n");
  });
});

describe("findProjectFile()", () => {
  test("takes the nearest file up to the root of the repository", async () => {
    const files = filesOf({
      "/home/AGENTS.md": "outside",
      "/home/ann/.git": "",
      "/home/ann/AGENTS.md": "inside",
      "/home/ann/CLAUDE.md": "second choice",
    });
    expect(await findProjectFile(files, "/home/ann/project/src")).toEqual({
      path: "/home/ann/AGENTS.md",
      text: "inside",
    });
  });

  test("looks no further than the directory outside of a repository", async () => {
    const files = filesOf({ "/home/AGENTS.md": "outside" });
    expect(await findProjectFile(files, "/home/ann")).toBeUndefined();
  });

  test("passes over an empty file", async () => {
    const files = filesOf({ "/p/AGENTS.md": " \n", "/p/CLAUDE.md": "text" });
    expect((await findProjectFile(files, "/p"))?.path).toBe("/p/CLAUDE.md");
  });
});

describe("isAttended()", () => {
  test.each([true, false])("knows what a prompt was built for: %p", (isInteractive) => {
    expect(isAttended(buildInstructions({ ...facts, isInteractive }))).toBe(isInteractive);
  });
});

test.each([
  ["2026-01-31T23:30:00Z", 60, "2026-02-01 (UTC+01:00)"],
  ["2026-02-01T04:00:00Z", -330, "2026-01-31 (UTC-05:30)"],
  ["2026-02-01T04:00:00Z", 0, "2026-02-01 (UTC+00:00)"],
])("localDate() is the user's at %s", (at, offset, date) => {
  const clock = { now: () => Date.parse(at), utcOffset: () => offset };
  expect(localDate(clock)).toBe(date);
});
