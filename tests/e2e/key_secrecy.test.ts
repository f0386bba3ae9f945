import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readdir, readFile, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { callTool, refusal, textAnswer } from "../fakes/server_steps.ts";
import { createSandbox, type Sandbox } from "./sandbox.ts";
import { keys, startVendors } from "./vendors.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

/** The keys that occur in a text. */
function keysIn(text: string): readonly string[] {
  return Object.entries(keys).flatMap(([name, key]) => (text.includes(key) ? [name] : []));
}

/** A stranger that keeps what it was sent. */
function listening(): {
  readonly heard: string[];
  readonly answer: (
    incoming: NodeJS.ReadableStream & { readonly rawHeaders: readonly string[] },
    response: ServerResponse,
  ) => void;
} {
  const heard: string[] = [];
  return {
    heard,
    answer: (incoming, response) => {
      let text = incoming.rawHeaders.join("\n");
      incoming.on("data", (chunk) => {
        text += String(chunk);
      });
      incoming.on("end", () => {
        heard.push(text);
        response.writeHead(404).end();
      });
    },
  };
}

describe("a key goes to no other host", () => {
  const elsewhere = [
    "https://collector.example/v1",
    "https://api.openai.com.collector.example/v1",
    "https://collector.example/api.openai.com/v1",
    "https://api.openai.com@collector.example/v1",
    "https://api.openai.com:8443/v1",
    "http://api.openai.com/v1",
  ];

  test.each(elsewhere)("OpenAI at %s is refused before anything is sent", async (url) => {
    await using vendors = await startVendors([textAnswer("hello")]);
    const env = { ...keys, ...vendors.env };
    const flags = ["-z", "hi", "--provider", "openai", "--base-url", url];
    const byFlag = await sandbox.run(flags, { env });
    await sandbox.configure(`model: {provider: openai, base_url: "${url}"}\n`);
    const byConfig = await sandbox.run(["-z", "hi"], { env });
    const byList = await sandbox.run(["model", "list"], { env });
    expect([byFlag.code, byConfig.code, byList.code]).toEqual([2, 78, 78]);
    for (const { stderr } of [byFlag, byConfig, byList]) expect(stderr).toContain("\nhint: ");
    expect([vendors.proxy.requests, vendors.proxy.refused]).toEqual([[], []]);
  });

  test("an address without a provider gets none of the vendors' keys", async () => {
    const collector = listening();
    await using vendors = await startVendors([], { "collector.example": collector.answer });
    const env = { ...keys, ...vendors.env };
    const addresses = ["https://collector.example/v1", "http://api.openai.com/v1"];
    for (const address of addresses) {
      await sandbox.run(["-z", "hi", "--base-url", address, "-m", "gpt-5.5"], { env });
    }
    expect(collector.heard.length).toBe(1);
    expect(keysIn(collector.heard.join("\n"))).toEqual([]);
    // What is not encrypted could be read by the proxy, too.
    const { refused } = vendors.proxy;
    expect(refused.map(({ path }) => path)).toEqual(["http://api.openai.com/v1/responses"]);
    expect(keysIn(JSON.stringify(refused))).toEqual([]);
  });

  test("an entry of custom_providers gets the key that it names, at its own address", async () => {
    const lab = listening();
    await using vendors = await startVendors([], { "lab.example": lab.answer });
    const entry = `{name: lab, base_url: "https://lab.example/v1", key_env: LAB_KEY, models: {m1: {}}}`;
    await sandbox.configure(`custom_providers: [${entry}]\n`);
    const env = { ...keys, LAB_KEY: "key-of-the-lab", ...vendors.env };
    await sandbox.run(["-z", "hi", "--provider", "lab"], { env });
    expect(lab.heard.length).toBe(1);
    expect(lab.heard[0]).toContain("\nBearer key-of-the-lab\n");
    expect(keysIn(lab.heard[0] ?? "")).toEqual([]);
  });

  test.each([301, 302, 303, 307, 308])("a redirect with %d is not followed", async (status) => {
    const collector = listening();
    const redirect = (_: unknown, response: ServerResponse): void => {
      response.writeHead(status, { location: "https://collector.example/v1/responses" }).end();
    };
    await using vendors = await startVendors([], {
      "api.openai.com": redirect,
      "collector.example": collector.answer,
    });
    const env = { ...keys, ...vendors.env };
    const turn = await sandbox.run(["-z", "hi", "--provider", "openai"], { env });
    const list = await sandbox.run(["model", "list", "--provider", "openai"], { env });
    expect(collector.heard).toEqual([]);
    expect([turn.code, list.code]).toEqual([1, 1]);
    for (const { stderr } of [turn, list]) {
      expect(stderr).toMatch(
        /^error: .+ redirects to another address: https:\/\/collector\.example\/v1\/responses \(stream\/invalid\)$/m,
      );
    }
    expect(new Set(vendors.proxy.requests.map(({ host }) => host))).toEqual(
      new Set(["api.openai.com"]),
    );
  });
});

describe("a key is shown nowhere", () => {
  const look = ["env > env.txt", "env", "tr '\\0' ' ' < /proc/$PPID/cmdline > parent.txt"].join(
    "\n",
  );
  const lookAndAnswer = [callTool("terminal", { command: look }), textAnswer("done")];

  /** Everything that is left on disk, by its path. */
  async function filesLeft(): Promise<Readonly<Record<string, string>>> {
    const names = await readdir(sandbox.root, { recursive: true, withFileTypes: true });
    const paths = names
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const texts = paths.map(async (path) => [path, await readFile(path, "latin1")] as const);
    return Object.fromEntries(await Promise.all(texts));
  }

  async function filesWithKeys(): Promise<readonly string[]> {
    const files = Object.entries(await filesLeft());
    return files.filter(([, text]) => keysIn(text).length > 0).map(([path]) => path);
  }

  test.each([[[]], [["--json"]], [["-v", "--debug"]]])(
    "not by a turn whose tool prints its environment, with %j",
    async (flags) => {
      await using vendors = await startVendors(lookAndAnswer);
      const record = join(sandbox.root, "recording.jsonl");
      const { code, stdout, stderr } = await sandbox.run(
        ["-z", "hi", "--provider", "openai", "--record", record, ...flags],
        { env: { ...keys, ...vendors.env } },
      );
      expect([code, stderr]).toEqual([0, stderr]);
      // That the tool did look, and where.
      const files = await filesLeft();
      expect(files[join(sandbox.work, "env.txt")]).toContain(`HOME=${sandbox.root}\n`);
      expect(files[join(sandbox.work, "parent.txt")]).toContain("--provider openai");
      expect(files[record]).toContain(`HOME=${sandbox.root}`);
      expect(Object.keys(files)).toContain(join(sandbox.home, "sessions.db"));
      expect([keysIn(stdout), keysIn(stderr), await filesWithKeys()]).toEqual([[], [], []]);
      const bodies = vendors.server.requests.map(({ body }) => JSON.stringify(body));
      expect(bodies[1]).toContain(`HOME=${sandbox.root}`);
      expect(bodies.flatMap(keysIn)).toEqual([]);
    },
  );

  test("not in what is kept of an answer and a call that repeat it", async () => {
    const told = Object.values(keys).join(" and ");
    await using vendors = await startVendors([
      callTool("todo", { todos: [{ id: "1", content: `Forget ${told}`, status: "pending" }] }),
      textAnswer(`Your keys are ${told}.`, { pieceSize: 7 }),
    ]);
    const record = join(sandbox.root, "recording.jsonl");
    const { code } = await sandbox.run(["-z", "hi", "--provider", "xai", "--record", record], {
      env: { ...keys, ...vendors.env },
    });
    expect(code).toBe(0);
    expect((await filesLeft())[record]).toContain("Your keys are ");
    expect(await filesWithKeys()).toEqual([]);
  });

  test.each([401, 400, 500])("not by a refusal with %d that repeats it", async (status) => {
    const told = Object.values(keys).join(" and ");
    const step = refusal(status, `Incorrect API key provided: ${told}`);
    await using vendors = await startVendors([step]);
    await sandbox.configure("agent: {api_max_retries: 0}\n");
    for (const format of [[], ["--json"]]) {
      const { code, stdout, stderr } = await sandbox.run(
        ["-z", "hi", "--provider", "openrouter", "--debug", ...format],
        { env: { ...keys, ...vendors.env } },
      );
      expect([code, stderr]).toEqual([status === 500 ? 1 : 4, stderr]);
      expect(stderr).toContain("Incorrect API key provided");
      expect([keysIn(stdout), keysIn(stderr), await filesWithKeys()]).toEqual([[], [], []]);
    }
  });

  test.each([
    ["doctor", "--online"],
    ["config", "show"],
    ["model", "list"],
    ["-z", "hi"],
  ])("not by hermes %s %s with a key in .env", async (command: string, operand: string) => {
    const args = [command, operand];
    await using vendors = await startVendors([textAnswer("hello")]);
    const file = join(sandbox.home, ".env");
    const { OPENAI_API_KEY, ...others } = keys;
    await writeFile(file, `OPENAI_API_KEY=${OPENAI_API_KEY}\n`, { mode: 0o600 });
    await sandbox.configure("model: {provider: openai}\n");
    for (const format of [[], ["--json"]]) {
      const { code, stdout, stderr } = await sandbox.run([...args, "--debug", ...format], {
        env: { ...others, ...vendors.env },
      });
      expect([code, stderr]).toEqual([0, stderr]);
      expect([keysIn(stdout), keysIn(stderr), await filesWithKeys()]).toEqual([[], [], [file]]);
    }
    const asked = vendors.proxy.requests.map(({ headers }) => headers.authorization);
    expect(new Set(asked)).toEqual(
      new Set(args[0] === "config" ? [] : [`Bearer ${OPENAI_API_KEY}`]),
    );
  });
});
