import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decodeTextFile, encodeText, formatOf, readEditedFile } from "../../src/tools/text_file.ts";
import { createFakeFiles } from "../fakes/files.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const unix = { hasByteOrderMark: false, lineEnd: "\n" } as const;
const dos = { hasByteOrderMark: false, lineEnd: "\r\n" } as const;

describe("decodeTextFile()", () => {
  const cases: readonly (readonly [raw: string, decoded: object])[] = [
    ["", { text: "", format: unix }],
    ["a", { text: "a", format: unix }],
    ["a\nb\n", { text: "a\nb\n", format: unix }],
    ["a\r\nb\r\n", { text: "a\nb\n", format: dos }],
    ["a\r\nb\n", { text: "a\r\nb\n", format: unix }],
    ["a\rb\r\n", { text: "a\rb\n", format: dos }],
    ["\ufeffa\r\n", { text: "a\n", format: { ...dos, hasByteOrderMark: true } }],
    ["\ufeff\ufeffa", { text: "\ufeffa", format: { ...unix, hasByteOrderMark: true } }],
  ];
  test.each(cases)("takes %j apart", (raw, decoded) => {
    expect(decodeTextFile(bytes(raw))).toEqual(decoded as ReturnType<typeof decodeTextFile>);
  });

  test("takes apart no binary data and no other encoding", () => {
    expect(decodeTextFile(new Uint8Array([0x61, 0x00]))).toBeUndefined();
    expect(decodeTextFile(new Uint8Array([0xe9, 0x61]))).toBeUndefined();
    expect(decodeTextFile(new Uint8Array([0xff, 0xfe, 0x61, 0x00]))).toBeUndefined();
  });

  test("and encodeText() give every text file back as it was", () => {
    const piece = fc.constantFrom("\ufeff", "a", "é", "💾", "\n", "\r\n", "\r", " ");
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const raw = pieces.join("");
        const decoded = decodeTextFile(bytes(raw));
        expect(decoded && encodeText(decoded.text, decoded.format)).toBe(raw);
      }),
      { seed: 61, numRuns: 500 },
    );
  });
});

test("formatOf() tells by its beginning how a file is written", async () => {
  const files = createFakeFiles({
    "/unix": "a\nb",
    "/dos": "a\r\nb\r\n",
    "/mixed": "a\r\nb\n",
    "/marked": "\ufeffa\r\n",
    "/binary": new Uint8Array([1, 0, 13, 10]),
    "/empty": "",
  });
  expect(
    await Promise.all(
      ["/unix", "/dos", "/mixed", "/marked", "/binary", "/empty"].map((path) =>
        formatOf(files, path),
      ),
    ),
  ).toEqual([unix, dos, unix, { ...dos, hasByteOrderMark: true }, unix, unix]);
});

describe("readEditedFile()", () => {
  test("gives a text with the state of its file", async () => {
    const files = createFakeFiles({ "/a": "x\r\n" });
    expect(await readEditedFile(files, "/a")).toEqual({
      kind: "text",
      text: "x\n",
      format: dos,
      stat: { kind: "file", size: 3, mode: 0o644, modifiedAt: 1_001, owner: 1_000 },
    });
  });

  test("says why a file is not for editing", async () => {
    const files = createFakeFiles({
      "/project/binary": new Uint8Array([1, 0]),
      "/project/large": new Uint8Array(16 * 1024 * 1024 + 1).fill(0x61),
      "/project/secret": "x",
      "/project/failing": "x",
    });
    files.device("/project/device");
    files.fail("readBytes", "/project/failing", "EIO");
    files.fail("stat", "/project/secret", "EACCES");
    const unusable = (problem: string): object => ({ kind: "unusable", problem });
    const read = (path: string): Promise<object> => readEditedFile(files, path);
    expect(await read("/project/none")).toEqual({ kind: "absent" });
    expect(await read("/project")).toEqual(unusable("/project is a directory"));
    expect(await read("/project/device")).toEqual(unusable("/project/device is no regular file"));
    expect(await read("/project/binary")).toEqual(
      unusable("/project/binary is no text in UTF-8: it cannot be edited"),
    );
    expect(await read("/project/large")).toEqual(
      unusable("/project/large is too large to be edited: 16777217 bytes"),
    );
    expect(await read("/project/failing")).toEqual(
      unusable("Cannot read /project/failing: the device failed (EIO)"),
    );
    expect(await read("/project/secret")).toEqual(
      unusable("Cannot read /project/secret: permission denied"),
    );
  });
});
