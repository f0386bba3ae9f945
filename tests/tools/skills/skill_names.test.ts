import { describe, expect, test } from "bun:test";
import { join } from "node:path/posix";
import fc from "fast-check";
import {
  knownNameProblem,
  linkedDirectories,
  linkedPathProblem,
  newNameProblem,
  skillPathProblem,
} from "../../../src/tools/skills/skill_names.ts";

const seed = { seed: 20260131, numRuns: 2_000 };

/** Pieces that paths go wrong by, among plain ones. */
const piece = fc.oneof(
  fc.constantFrom(
    "..",
    ".",
    "/",
    "\\",
    "~",
    "\0",
    "",
    "C:",
    "%2e%2e",
    "a",
    "references",
    "scripts",
  ),
  fc.constantFrom("\u2025", "\uFF0E\uFF0E", "\u2215", "\u202E", "\u200B", "\uFEFF", "\r\n", " "),
  fc.string({ unit: "binary", maxLength: 6 }),
);
const path = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));
const slashed = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join("/"));

describe("skillPathProblem()", () => {
  test("lets nothing through that leaves the skill, however it is written", () => {
    fc.assert(
      fc.property(fc.oneof(path, slashed), (text) => {
        if (skillPathProblem(text) !== undefined) return;
        const place = join("/home/anna/.hermes/skills/deploy", text);
        expect(place).toBe(`/home/anna/.hermes/skills/deploy/${text}`);
        expect(text).toMatch(/^[ -~]+$/);
      }),
      seed,
    );
  });

  test("lets plain paths through", () => {
    const name = fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,20}[a-zA-Z0-9]$/);
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 5 }), (names) => {
        expect(skillPathProblem(names.join("/"))).toBeUndefined();
      }),
      seed,
    );
  });

  test.each([
    ["", "file_path must not be empty"],
    ["/etc/passwd", "file_path must be relative to the skill"],
    ["~/x", "file_path must be relative to the skill"],
    ["C:\\x", "file_path must be relative to the skill"],
    ["references/../../x", "file_path must not contain .."],
    ["references/a\0.md", "file_path must not contain a NUL character"],
    ["references/.env", 'file_path has a part that is no plain name: ".env"'],
    ["references//a", 'file_path has a part that is no plain name: ""'],
    ["references/a\\..\\b", 'file_path has a part that is no plain name: "a\\\\..\\\\b"'],
    ["references/\u0430.md", 'file_path has a part that is no plain name: "\u0430.md"'],
    ["references/a.md\n", 'file_path has a part that is no plain name: "a.md\\n"'],
    ["a/".repeat(300), "file_path is longer than 512 characters"],
  ])("refuses %j", (text, problem) => {
    expect(skillPathProblem(text)).toBe(problem);
  });
});

describe("linkedPathProblem()", () => {
  test("lets only files in the directories of a skill through", () => {
    fc.assert(
      fc.property(fc.oneof(path, slashed), (text) => {
        if (linkedPathProblem(text) !== undefined) return;
        const [directory, ...rest] = text.split("/");
        expect(linkedDirectories.some((name) => name === directory)).toBe(true);
        expect(rest.length).toBeGreaterThan(0);
        expect(skillPathProblem(text)).toBeUndefined();
      }),
      seed,
    );
  });

  test.each(["SKILL.md", "references", "other/a.md", "References/a.md"])("refuses %j", (text) => {
    expect(linkedPathProblem(text)).toContain("file_path must be a file in references/");
  });

  test.each(["references/api.md", "scripts/a/b.sh", "assets/logo (1).png"])("takes %j", (text) => {
    expect(linkedPathProblem(text)).toBeUndefined();
  });
});

describe("newNameProblem()", () => {
  test("takes only what is the name of one plain directory", () => {
    fc.assert(
      fc.property(fc.oneof(path, slashed, fc.string({ maxLength: 70 })), (text) => {
        if (newNameProblem(text) !== undefined) return;
        expect(text).toMatch(/^[a-z0-9][a-z0-9._-]{0,63}$/);
        expect(join("/skills", text)).toBe(`/skills/${text}`);
        // What may be made can be found again.
        expect(knownNameProblem(text)).toBeUndefined();
      }),
      seed,
    );
  });

  test.each(["", "..", ".hub", "a/b", "Deploy", "dep loy", "d\u00E9ploy", "a\n", "a".repeat(65)])(
    "refuses %j",
    (text) => {
      expect(newNameProblem(text)).toBeString();
    },
  );
});

describe("knownNameProblem()", () => {
  test.each(["Deploy the site", "a", "v1.2_x"])("takes %j", (text) => {
    expect(knownNameProblem(text)).toBeUndefined();
  });

  test.each(["", "..", "a/b", "dep\u200Bloy", "d\u0435ploy", "a\nb", " a", "a".repeat(65)])(
    "refuses %j",
    (text) => {
      expect(knownNameProblem(text)).toBeString();
    },
  );
});
