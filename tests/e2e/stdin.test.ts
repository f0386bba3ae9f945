import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ResponsesServer, startResponsesServer } from "../fakes/responses_server.ts";
import { textAnswer } from "../fakes/server_steps.ts";
import { checkEvents, configFor, createSandbox, type Sandbox, type Stdin } from "./sandbox.ts";

let sandbox: Sandbox;
let server: ResponsesServer;
beforeEach(async () => {
  sandbox = await createSandbox();
  server = await startResponsesServer({ steps: [textAnswer("ok")], repeat: true });
  await sandbox.configure(configFor(server.url));
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await sandbox[Symbol.asyncDispose]();
});

/** What the model was asked, as JSON text. */
function asked(): string {
  return JSON.stringify(server.requests.map(({ body }) => body));
}

const inputs: Readonly<Record<string, () => Promise<Stdin>>> = {
  "/dev/null": () => Promise.resolve("null"),
  "a closed descriptor": () => Promise.resolve("closed"),
  "an empty pipe": () => Promise.resolve({ text: "" }),
  "a pipe": () => Promise.resolve({ text: "from outside\n" }),
  "a file": async () => {
    const file = join(sandbox.work, "input.txt");
    await writeFile(file, "from outside\n");
    return { file };
  },
  "an empty file": async () => {
    const file = join(sandbox.work, "empty.txt");
    await writeFile(file, "");
    return { file };
  },
};

const hasText = (name: string): boolean => name === "a pipe" || name === "a file";

describe.each(Object.keys(inputs))("stdin is %s", (name) => {
  const stdinOf = (): Promise<Stdin> => inputs[name]?.() ?? Promise.resolve("null");

  test("beside a prompt it is context, or nothing", async () => {
    for (const flags of [[], ["--json"]]) {
      const { code, stderr } = await sandbox.run(["-z", "hello there", ...flags], {
        stdin: await stdinOf(),
      });
      expect([code, stderr]).toEqual([0, ""]);
    }
    expect(asked()).toContain("hello there");
    expect(asked().includes("from outside")).toBe(hasText(name));
  });

  test.each([[["-z"]], [["-z", "-"]], [["chat", "-q", "-", "--quiet"]]])(
    "with %j it is the prompt, or a usage error",
    async (args) => {
      const { code, stdout, stderr } = await sandbox.run(args, { stdin: await stdinOf() });
      if (hasText(name)) {
        expect([code, stdout, stderr]).toEqual([0, "ok\n", ""]);
        expect(asked()).toContain("from outside");
      } else {
        expect([code, stdout]).toEqual([2, ""]);
        expect(stderr).toContain("(usage/invalid)");
        expect(server.requests).toEqual([]);
      }
    },
  );
});

test("a silent pipe beside a prompt is left alone after a second, with a line on stderr", async () => {
  const run = sandbox.start(["-z", "hello", "--json"], { stdin: "open" });
  const { code, stdout, stderr } = await run.ended;
  expect(code).toBe(0);
  expect(stderr).toContain("Nothing came from stdin within 1 s");
  expect(checkEvents(stdout)).toMatchObject({ type: "turn.completed", final_text: "ok" });
});

test("a silent pipe as the prompt is waited for until the deadline", async () => {
  const { code } = await sandbox.run(["-z", "--deadline", "0.3"], { stdin: "open" });
  expect(code).toBe(124);
});

test("a prompt of 50 MB is refused before any network", async () => {
  const text = Buffer.alloc(50_000_000, "word ");
  for (const args of [["-z"], ["-z", "sum this up"]]) {
    const { code, stderr } = await sandbox.run(args, { stdin: { text } });
    expect(code).toBe(2);
    expect(stderr).toContain("longer than 10 MiB");
  }
  expect(server.requests).toEqual([]);
});

test("malformed UTF-8 and NUL are replaced, with a notice", async () => {
  const text = Uint8Array.of(0x61, 0xff, 0x00, 0x62);
  const { code, stderr } = await sandbox.run(["-z"], { stdin: { text } });
  expect(code).toBe(0);
  expect(stderr).toContain("not valid UTF-8");
  expect(asked()).toContain("a\uFFFD\uFFFDb");
});

test.each([[["-z", ""]], [["-z", "  \n"]], [["chat", "-q", ""]]])(
  "an empty prompt is refused: %j",
  async (args) => {
    const { code, stderr } = await sandbox.run(args, { stdin: { text: "context" } });
    expect([code, stderr]).toEqual([2, stderr]);
    expect(stderr).toContain("The prompt is empty");
    expect(server.requests).toEqual([]);
  },
);

test("a prompt that begins with a dash is a prompt", async () => {
  const { code } = await sandbox.run(["-z", "- one\n- two"]);
  expect(code).toBe(0);
  expect(asked()).toContain(String.raw`- one\n- two`);
});

test("hermes alone without a terminal is a usage error with a way out", async () => {
  const { code, stderr } = await sandbox.run([], { stdin: "null" });
  expect([code, stderr]).toEqual([
    2,
    "error: An interactive session needs a terminal, stdin is none (usage/invalid)\nhint: run one turn with hermes -z 'PROMPT'\n",
  ]);
});
