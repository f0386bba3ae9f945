import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expandAttachments, readImage, type AttachmentDeps } from "../../src/cli/attachments.ts";
import { HermesError } from "../../src/core/errors.ts";
import { machineFiles } from "../../src/platform/files.ts";

const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3, 0]);
const jpeg = new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 0, 1]);

let directory = "";
let deps: AttachmentDeps;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "attachments-"));
  deps = { files: machineFiles, cwd: directory, homeDirectory: join(directory, "home") };
  await mkdir(join(directory, "src"));
  await mkdir(join(directory, "home"));
  await writeFile(join(directory, "src/a.ts"), "let a = 1;\n");
  await writeFile(join(directory, "notes.md"), "```\ncode\n```");
  await writeFile(join(directory, "my notes"), "mine\n");
  await writeFile(join(directory, "home/todo"), "rest\n");
  await writeFile(join(directory, "empty"), "");
  await writeFile(join(directory, "shot.png"), png);
  await writeFile(join(directory, "photo.txt"), jpeg);
  await writeFile(join(directory, "fake.png"), "no image");
  await writeFile(join(directory, "data.bin"), new Uint8Array([1, 0, 2]));
  await writeFile(join(directory, "latin.txt"), new Uint8Array([0x63, 0xe9]));
  await writeFile(join(directory, "long.txt"), "x".repeat(2 * 1024 * 1024));
  await writeFile(join(directory, "huge.bin"), "");
  await truncate(join(directory, "huge.bin"), 21 * 1024 * 1024);
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

async function failureOf(pending: Promise<unknown>): Promise<unknown> {
  const error = await pending.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof HermesError ? [error.code, error.message] : error;
}

describe("expandAttachments()", () => {
  test("leaves a text without mentions as it is", async () => {
    const text = "write to me@example.org\n";
    expect(await expandAttachments(text, deps)).toEqual([{ type: "text", text }]);
  });

  test("appends each file once, in the order of the mentions", async () => {
    const text = 'compare @src/a.ts, @"my notes" and @~/todo; @src/a.ts:1 again';
    expect(await expandAttachments(text, deps)).toEqual([
      { type: "text", text },
      { type: "text", text: "src/a.ts:\n```ts\nlet a = 1;\n```" },
      { type: "text", text: "my notes:\n```\nmine\n```" },
      { type: "text", text: "~/todo:\n```\nrest\n```" },
    ]);
  });

  test("fences a text with more backticks than it holds, and an empty one too", async () => {
    const parts = await expandAttachments("@notes.md @empty", deps);
    expect(parts.slice(1)).toEqual([
      { type: "text", text: "notes.md:\n````md\n```\ncode\n```\n````" },
      { type: "text", text: "empty:\n```\n```" },
    ]);
  });

  test("tells images by their bytes", async () => {
    const parts = await expandAttachments("@shot.png @photo.txt @fake.png", deps);
    expect(parts.slice(1)).toEqual([
      { type: "image", mediaType: "image/png", data: "iVBORw0KGgoBAgMA", name: "shot.png" },
      { type: "image", mediaType: "image/jpeg", data: "/9j/4AAB", name: "photo.txt" },
      { type: "text", text: "fake.png:\n```png\nno image\n```" },
    ]);
  });

  const refused: readonly (readonly [string, string, string])[] = [
    ["@src/missing.ts", "file/not_found", "No such file: src/missing.ts"],
    ["ask @alice,", "file/not_found", "No such file: alice"],
    ["@data.bin", "file/unsupported", "Cannot attach a binary file: data.bin"],
    ["@latin.txt", "file/unsupported", "Cannot attach a binary file: latin.txt"],
    ["@src", "file/unsupported", "Cannot attach a directory: src"],
    ["@/dev/zero", "file/unsupported", "Cannot attach what is no regular file: /dev/zero"],
    [
      "@long.txt",
      "file/unsupported",
      "Too large to attach: long.txt has 2.0 MiB, the limit is 1.0 MiB",
    ],
    [
      "@huge.bin",
      "file/unsupported",
      "Too large to attach: huge.bin has 21.0 MiB, the limit is 20.0 MiB",
    ],
  ];
  test.each(refused)("refuses %s", async (text, code, message) => {
    expect(await failureOf(expandAttachments(text, deps))).toEqual([code, message]);
  });

  test("names a file that cannot be read, with the errno", async () => {
    const denied = Object.assign(new Error("denied"), { code: "EACCES" });
    const files = { ...machineFiles, readBytes: () => Promise.reject(denied) };
    expect(await failureOf(expandAttachments("@src/a.ts", { ...deps, files }))).toEqual([
      "file/unreadable",
      "Cannot read src/a.ts: EACCES",
    ]);
  });

  describe("with unknown mentions as text", () => {
    const long = `@${"x".repeat(300)}`;
    test.each(["@alice", "@types/node", "@param x", "@2.0", long])("keeps %s", async (text) => {
      expect(await expandAttachments(text, deps, { unknown: "text" })).toEqual([
        { type: "text", text },
      ]);
    });

    const paths = ["@report.txt", "@./report", "@/report", "@src/report", '@"report"'];
    test.each(paths)("still refuses %s", async (text) => {
      expect(await failureOf(expandAttachments(text, deps, { unknown: "text" }))).toEqual([
        "file/not_found",
        `No such file: ${text.replaceAll(/[@"]/g, "")}`,
      ]);
    });
  });
});

describe("readImage()", () => {
  test("reads an image", async () => {
    expect(await readImage(join(directory, "shot.png"), deps)).toEqual({
      type: "image",
      mediaType: "image/png",
      data: "iVBORw0KGgoBAgMA",
      name: "shot.png",
    });
  });

  test("refuses what only has the name of one", async () => {
    expect(await failureOf(readImage("fake.png", deps))).toEqual([
      "file/unsupported",
      "Not an image of a known kind: fake.png",
    ]);
  });

  test("refuses a file that is absent, and a directory, without a word of mentions", async () => {
    expect(await failureOf(readImage("none.png", deps))).toEqual([
      "file/not_found",
      "No such file: none.png",
    ]);
    for (const path of ["none.png", directory]) {
      expect(readImage(path, deps)).rejects.toMatchObject({
        hint: "pass a PNG, JPEG, GIF or WebP file",
      });
    }
  });
});
