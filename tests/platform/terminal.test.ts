import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { startInPty } from "../fakes/pty.ts";

const program = (name: string): string => join(import.meta.dir, "programs", `${name}.ts`);

let directory = "";

beforeAll(async () => {
  directory = await fs.mkdtemp(join(tmpdir(), "terminal-"));
});

afterAll(async () => {
  await fs.rm(directory, { recursive: true });
});

const deno = `${join(import.meta.dir, "../../node_modules/.bin/deno")} run -A`;

/** Runs a shell command in which `$PROGRAM` stands for the program. */
function shell(name: string, command: string, runtime = process.execPath): ChildProcess {
  const env = { ...process.env, PROGRAM: `${runtime} ${program(name)}` };
  return spawn("sh", ["-c", command], { env, cwd: directory, stdio: ["pipe", "pipe", "pipe"] });
}

async function run(name: string, command: string): Promise<readonly [string, string, number]> {
  const child = shell(name, command);
  child.stdin?.end();
  const [out, err] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
  if (child.exitCode === null) await once(child, "exit");
  return [out, err, child.exitCode ?? -1];
}

describe("the kind of a stream", () => {
  const pipes = { stdout: false, stderr: false, columns: null };
  test.each([
    ["$PROGRAM < $0", "file"],
    ["true | $PROGRAM", "pipe"],
    ["$PROGRAM", "pipe"],
    ["$PROGRAM < /dev/null", "null"],
    ["$PROGRAM <&-", "null"],
    ["$PROGRAM < /dev/zero", "pipe"],
    ["$PROGRAM < .", "null"],
  ])("stdin of %s is %s", async (command, kind) => {
    const [, err] = await run("streams", command.replace("$0", program("streams")));
    expect(JSON.parse(err)).toEqual({ stdin: kind, ...pipes });
  });

  test("a terminal is known as one, with its width", async () => {
    await using pty = startInPty({
      command: [process.execPath, program("streams")],
      columns: 77,
    });
    await pty.exited;
    expect(JSON.parse(pty.screen())).toEqual({
      stdin: "tty",
      stdout: true,
      stderr: true,
      columns: 77,
    });
  });
});

describe("write()", () => {
  test("10 MB on a pipe with a slow reader are whole when the process ends at once", async () => {
    const child = shell("write", "$PROGRAM 10000000 1; echo $? >&2");
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
    const [out, err] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
    expect([out.length, err]).toEqual([10_000_000, "3\n"]);
  });

  test("writes that were not awaited stay in order and are whole", async () => {
    const [out, , code] = await run("write", "$PROGRAM 1000000 1000");
    expect([out.length, code]).toEqual([1_000_000, 3]);
  });

  test("a file is written whole", async () => {
    const path = join(directory, "out");
    const [, , code] = await run("write", `$PROGRAM 3000000 3 > ${path}`);
    expect([(await fs.stat(path)).size, code]).toEqual([3_000_000, 3]);
  });

  test("a reader that goes away closes the stream without a failure", async () => {
    const [, err] = await run("write", "{ $PROGRAM 10000000 100; echo $? >&2; } | head -c 5");
    expect(err).toBe("4\n");
  });

  test.skipIf(process.platform !== "linux")("a full disk is a failure", async () => {
    const [, err, code] = await run("write", "$PROGRAM 10 1 > /dev/full");
    expect([err.includes("ENOSPC"), code]).toEqual([true, 1]);
  });
});

describe("stdin", () => {
  test.each([
    ["printf 12345 | $PROGRAM", "5 end\n"],
    ["head -c 3000000 /dev/zero | $PROGRAM", "3000000 end\n"],
    ["$PROGRAM < big", "300000 end\n"],
    ["{ read -r line; $PROGRAM; } < lines", "7 end\n"],
    ["$PROGRAM < /dev/null", "0 end\n"],
    ["$PROGRAM <&-", "0 end\n"],
  ])("%s reads %j", async (command, expected) => {
    await fs.writeFile(join(directory, "big"), "x".repeat(300_000));
    await fs.writeFile(join(directory, "lines"), "first\nsecond\n");
    expect(await run("read", command)).toEqual([expected, "", 3]);
  });

  test("a pipe that nobody writes to or closes does not keep the process alive", async () => {
    const child = shell("read", "$PROGRAM 50");
    const [out] = await Promise.all([text(child.stdout!), once(child, "exit")]);
    child.stdin?.destroy();
    expect([out, child.exitCode]).toEqual(["0 gave up\n", 3]);
  });

  test("what came before the abort was read", async () => {
    const child = shell("read", "$PROGRAM 300");
    child.stdin?.write("12345");
    const [out] = await Promise.all([text(child.stdout!), once(child, "exit")]);
    expect([out, child.exitCode]).toEqual(["5 gave up\n", 3]);
  });
});

describe("under Deno", () => {
  test("10 MB on a pipe are whole when the process ends at once", async () => {
    const child = shell("write", "$PROGRAM 10000000 10; echo $? >&2", deno);
    const [out, err] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
    expect([out.length, err]).toEqual([10_000_000, "3\n"]);
  });

  test("keys arrive, and the terminal is restored", async () => {
    await using pty = startInPty({ command: [...deno.split(" "), program("keys")] });
    await pty.untilShown("ready");
    pty.type("\x1b[Aé");
    await pty.untilShown('key "\\u001b[Aé"');
    pty.type("q");
    await pty.untilShown("cooked");
    expect(await pty.exited).toBe(5);
  });
});

describe("keys()", () => {
  test("gives what is typed, unechoed, and the new width after a resize", async () => {
    await using pty = startInPty({ command: [process.execPath, program("keys")], columns: 90 });
    await pty.untilShown("ready");
    pty.type("a");
    await pty.untilShown('key "a"');
    pty.type("\x1b[A\x03é");
    await pty.untilShown('key "\\u001b[A\\u0003é"');
    pty.resize(50);
    await pty.untilShown("width 50");
    pty.type("q");
    await pty.untilShown("cooked");
    expect(await pty.exited).toBe(5);
  });

  test("restores the terminal for the next program", async () => {
    await using pty = startInPty({
      command: ["sh", "-c", `${process.execPath} ${program("keys")}; stty -a; echo done`],
    });
    await pty.untilShown("ready");
    pty.type("q");
    await pty.untilShown("cooked");
    await pty.untilShown(" icanon");
    await pty.untilShown(" echo ");
    await pty.untilShown("done");
  });
});

describe.each([
  ["Bun", [process.execPath]],
  ["Deno", deno.split(" ")],
])("lines and keys of one terminal under %s", (_name, runtime) => {
  test("are read one after the other", async () => {
    await using pty = startInPty({ command: [...runtime, program("lines")] });
    await pty.untilShown("line?");
    pty.type("one\r");
    await pty.untilShown('line "one\\n"');
    await pty.untilShown("enough");
    await pty.untilShown("key?");
    pty.type("k");
    await pty.untilShown('key "k"');
    await pty.untilShown("line?");
    pty.type("two\r");
    await pty.untilShown('line "two\\n"');
    expect(await pty.exited).toBe(5);
  });

  test("are over after Ctrl-D", async () => {
    await using pty = startInPty({ command: [...runtime, program("lines")] });
    await pty.untilShown("line?");
    pty.type("\x04");
    await pty.untilShown("end");
    await pty.untilShown("key?");
    await pty.untilShown("line?");
    await pty.untilShown("end");
    expect(await pty.exited).toBe(5);
  });
});

describe("suspend()", () => {
  test("stops the process in cooked mode until its shell continues it", async () => {
    await using pty = startInPty({
      command: ["bash", "--norc", "-i"],
      env: { ...process.env, PS1: "$ ", PROGRAM: `${process.execPath} ${program("keys")}` },
    });
    await pty.untilShown("$ ");
    pty.type("$PROGRAM\r");
    await pty.untilShown("ready");
    pty.type("z");
    await pty.untilShown("Stopped");
    pty.type("stty -a | grep -o ' icanon'\r");
    await pty.untilShown(" icanon'");
    await pty.untilShown(" icanon\r\n");
    pty.type("fg\r");
    await pty.untilShown("continued");
    pty.type("q");
    await pty.untilShown("cooked");
  });
});

describe("runInForeground()", () => {
  test("lends the terminal to a program, and tells how it ended", async () => {
    await using pty = startInPty({ command: [process.execPath, program("foreground")] });
    pty.type("a line\r");
    await pty.untilShown("got a line from test");
    await pty.untilShown('{"code":3,"signal":null}');
    expect(await pty.exited).toBe(0);
  });
});

describe("reserveStdout()", () => {
  test.each([
    ["bun", process.execPath],
    ["deno", deno],
  ])("keeps stdout for the port alone (%s)", async (_, runtime) => {
    const child = shell("reserved", "exec $PROGRAM", runtime);
    const [out, err] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
    expect(out).toBe("the protocol\n");
    for (const word of ["log", "info", "debug", "stream", "told"]) expect(err).toContain(word);
  });
});
