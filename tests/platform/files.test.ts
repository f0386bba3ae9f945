import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errnoOf } from "../../src/core/errors.ts";
import { machineFiles as files } from "../../src/platform/files.ts";

let directory = "";
const at = (name: string): string => join(directory, name);

beforeEach(async () => {
  directory = await fs.mkdtemp(join(tmpdir(), "files-"));
});

afterEach(async () => {
  await fs.rm(directory, { recursive: true });
});

async function errnoOfFailure(pending: Promise<unknown>): Promise<string | undefined> {
  return await pending.then(
    () => "no failure",
    (error: unknown) => errnoOf(error),
  );
}

async function modeOf(path: string): Promise<number> {
  return (await fs.stat(path)).mode & 0o7777;
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return new Uint8Array(Buffer.concat(parts));
}

describe("reading", () => {
  test("readBytes() gives exactly the bytes", async () => {
    await fs.writeFile(at("a"), new Uint8Array([0, 255, 10]));
    expect(await files.readBytes(at("a"))).toEqual(new Uint8Array([0, 255, 10]));
  });

  test("readText() keeps a byte order mark and replaces malformed bytes", async () => {
    await fs.writeFile(at("a"), new Uint8Array([0xef, 0xbb, 0xbf, 0x41, 0xff]));
    expect(await files.readText(at("a"))).toBe("\ufeffA\ufffd");
  });

  test("readChunks() gives the file from an offset on, in chunks that may be kept", async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(60_000));
    const long = new Uint8Array([...bytes, ...bytes, ...bytes]);
    await fs.writeFile(at("a"), long);
    expect(await collect(files.readChunks(at("a")))).toEqual(long);
    expect(await collect(files.readChunks(at("a"), { offset: 70_000 }))).toEqual(
      long.subarray(70_000),
    );
    expect(await collect(files.readChunks(at("a"), { offset: 10 ** 9 }))).toEqual(new Uint8Array());
  });

  test("readChunks() closes the file when the consumer has enough", async () => {
    await fs.writeFile(at("a"), "x".repeat(1_000_000));
    const open = async (): Promise<number> => {
      const links = await Promise.all(
        (await fs.readdir("/proc/self/fd")).map((fd) =>
          fs.readlink(`/proc/self/fd/${fd}`).catch(() => ""),
        ),
      );
      return links.filter((link) => link === at("a")).length;
    };
    if (process.platform !== "linux") return;
    for await (const _ of files.readChunks(at("a"))) {
      expect(await open()).toBe(1);
      break;
    }
    expect(await open()).toBe(0);
  });

  test("failures carry their errno", async () => {
    expect(await errnoOfFailure(files.readText(at("none")))).toBe("ENOENT");
    expect(await errnoOfFailure(files.readBytes(directory))).toBe("EISDIR");
    expect(await errnoOfFailure(collect(files.readChunks(at("none"))))).toBe("ENOENT");
  });
});

describe("looking", () => {
  test("stat() follows links, linkStat() does not", async () => {
    await fs.writeFile(at("a"), "12345", { mode: 0o640 });
    await fs.utimes(at("a"), 100, 1_000);
    await fs.symlink("a", at("link"));
    const { uid } = await fs.stat(at("a"));
    const stat = { kind: "file", size: 5, mode: 0o640, modifiedAt: 1_000_000, owner: uid } as const;
    expect(await files.stat(at("link"))).toEqual(stat);
    expect((await files.linkStat(at("link")))?.kind).toBe("symlink");
    expect(await files.realPath(at("link"))).toBe(await fs.realpath(at("a")));
  });

  test("what is absent has no stat: also below a file, and behind a dangling link", async () => {
    await fs.writeFile(at("a"), "");
    await fs.symlink("nowhere", at("dangling"));
    expect(await files.stat(at("none"))).toBeUndefined();
    expect(await files.stat(at("a/b"))).toBeUndefined();
    expect(await files.stat(at("dangling"))).toBeUndefined();
    expect((await files.linkStat(at("dangling")))?.kind).toBe("symlink");
  });

  test("list() names every entry with its kind", async () => {
    await fs.writeFile(at("file"), "");
    await fs.mkdir(at("directory"));
    await fs.symlink("file", at("link"));
    const entries = await files.list(directory);
    expect(entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: "directory", kind: "directory" },
      { name: "file", kind: "file" },
      { name: "link", kind: "symlink" },
    ]);
  });
});

describe("replaceFile()", () => {
  test("creates a file with the mode that was asked for", async () => {
    await files.replaceFile(at("a"), "secret", { mode: 0o600 });
    expect(await fs.readFile(at("a"), "utf8")).toBe("secret");
    expect(await modeOf(at("a"))).toBe(0o600);
  });

  test("keeps the mode of an existing file, whatever the umask", async () => {
    await fs.writeFile(at("a"), "old");
    await fs.chmod(at("a"), 0o666);
    await files.replaceFile(at("a"), new Uint8Array([110, 101, 119]), { mode: 0o600 });
    expect(await fs.readFile(at("a"), "utf8")).toBe("new");
    expect(await modeOf(at("a"))).toBe(0o666);
  });

  test("writes through links, also to a target that is absent", async () => {
    await fs.mkdir(at("real"));
    await fs.symlink("real/target", at("inner"));
    await fs.symlink(at("inner"), at("outer"));
    await files.replaceFile(at("outer"), "one");
    await files.replaceFile(at("outer"), "two");
    expect(await fs.readFile(at("real/target"), "utf8")).toBe("two");
    expect(await fs.readlink(at("outer"))).toBe(at("inner"));
    expect(await fs.readlink(at("inner"))).toBe("real/target");
  });

  test("writes to a pipe, and does not put a file in its place", async () => {
    execFileSync("mkfifo", [at("pipe")]);
    // Open for both, so that neither side waits for the other.
    const pipe = await fs.open(at("pipe"), "r+");
    try {
      await files.replaceFile(at("pipe"), "text");
      expect((await fs.lstat(at("pipe"))).isFIFO()).toBe(true);
      const { buffer, bytesRead } = await pipe.read(Buffer.alloc(10), 0, 10);
      expect(buffer.toString("utf8", 0, bytesRead)).toBe("text");
    } finally {
      await pipe.close();
    }
  });

  test("reports a loop of links", async () => {
    await fs.symlink("b", at("a"));
    await fs.symlink("a", at("b"));
    expect(await errnoOfFailure(files.replaceFile(at("a"), "x"))).toBe("ELOOP");
  });

  test("takes a name of the greatest length", async () => {
    const name = "n".repeat(255);
    await files.replaceFile(at(name), "x");
    expect(await fs.readdir(directory)).toEqual([name]);
  });

  test("leaves nothing behind when it fails, and the old content as it was", async () => {
    await fs.mkdir(at("directory"));
    await fs.writeFile(at("directory/kept"), "kept");
    expect(await errnoOfFailure(files.replaceFile(at("directory"), "x"))).toBe("EISDIR");
    expect(await errnoOfFailure(files.replaceFile(at("none/a"), "x"))).toBe("ENOENT");
    expect(await fs.readdir(directory)).toEqual(["directory"]);
    expect(await fs.readFile(at("directory/kept"), "utf8")).toBe("kept");
  });

  test("shows a reader the old or the new content, never a part", async () => {
    const contents = ["a", "b", "c"].map((letter) => letter.repeat(300_000));
    await files.replaceFile(at("a"), contents[0]!);
    const written = new AbortController();
    const writing = (async () => {
      for (let round = 0; round < 20; round++) {
        await files.replaceFile(at("a"), contents[round % 3]!);
      }
      written.abort();
    })();
    const seen = new Set<string>();
    while (!written.signal.aborted) seen.add(await fs.readFile(at("a"), "utf8"));
    await writing;
    expect([...seen].filter((text) => !contents.includes(text))).toEqual([]);
  });
});

describe("changing", () => {
  test("appendFile() creates with the mode, then appends", async () => {
    await files.appendFile(at("a"), "one\n", { mode: 0o600 });
    await files.appendFile(at("a"), new TextEncoder().encode("two\n"));
    expect(await fs.readFile(at("a"), "utf8")).toBe("one\ntwo\n");
    expect(await modeOf(at("a"))).toBe(0o600);
  });

  test("makeDirectory() tells what it created, outermost first", async () => {
    expect(await files.makeDirectory(at("x/y/z"), { mode: 0o700 })).toEqual([
      at("x"),
      at("x/y"),
      at("x/y/z"),
    ]);
    expect(await files.makeDirectory(at("x/y/z"))).toEqual([]);
    expect(await modeOf(at("x"))).toBe(0o700);
    expect(await modeOf(at("x/y/z"))).toBe(0o700);
  });

  test("makeDirectory() fails where a file is in the way", async () => {
    await fs.writeFile(at("a"), "");
    expect(await errnoOfFailure(files.makeDirectory(at("a")))).toBe("EEXIST");
    expect(await errnoOfFailure(files.makeDirectory(at("a/b")))).toBe("ENOTDIR");
  });

  // macOS has no /proc.
  test.if(process.platform === "linux")(
    "makeDirectory() fails where a directory takes none",
    async () => {
      expect(await errnoOfFailure(files.makeDirectory("/proc/nope/inner"))).toBe("ENOENT");
    },
  );

  test("makeDirectory() may run many times at once", async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => files.makeDirectory(at("x/y"))));
    expect(made.flat().toSorted()).toEqual([at("x"), at("x/y")]);
  });

  test("remove() takes a file, and a tree only when told so", async () => {
    await fs.mkdir(at("tree/inner"), { recursive: true });
    await fs.writeFile(at("a"), "");
    await files.remove(at("a"));
    expect(await errnoOfFailure(files.remove(at("tree")))).toMatch(/^(?:EISDIR|EPERM)$/);
    await files.remove(at("tree"), { recursive: true });
    expect(await fs.readdir(directory)).toEqual([]);
    expect(await errnoOfFailure(files.remove(at("a")))).toBe("ENOENT");
    expect(await errnoOfFailure(files.remove(at("tree"), { recursive: true }))).toBe("ENOENT");
  });

  test("rename() moves", async () => {
    await fs.writeFile(at("a"), "x");
    await files.rename(at("a"), at("b"));
    expect(await fs.readdir(directory)).toEqual(["b"]);
  });

  test("makeTemporaryDirectory() makes a new one each time", async () => {
    const made = [
      await files.makeTemporaryDirectory("files-test-"),
      await files.makeTemporaryDirectory("files-test-"),
    ];
    try {
      expect(new Set(made).size).toBe(2);
      expect((await files.stat(made[0]!))?.mode).toBe(0o700);
    } finally {
      for (const path of made) await fs.rmdir(path);
    }
  });
});
