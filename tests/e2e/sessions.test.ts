import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isJsonObject } from "../../src/core/json.ts";
import { type ResponsesServer, startResponsesServer } from "../fakes/responses_server.ts";
import { textAnswer } from "../fakes/server_steps.ts";
import { configFor, createSandbox, type Sandbox } from "./sandbox.ts";

let sandbox: Sandbox;
let server: ResponsesServer;
beforeEach(async () => {
  sandbox = await createSandbox();
  server = await startResponsesServer({ steps: [textAnswer("the answer")], repeat: true });
  await sandbox.configure(configFor(server.url));
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await sandbox[Symbol.asyncDispose]();
});

/** A text field of a request that the server got. */
function sent(field: string): (request: ResponsesServer["requests"][number]) => string {
  return ({ body }) => (isJsonObject(body) && typeof body[field] === "string" ? body[field] : "");
}

async function json(...args: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await sandbox.run([...args, "--json"]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout.split("\n").length).toBe(2);
  return JSON.parse(stdout) as unknown;
}

test("a session is listed, shown, searched, renamed, resumed, exported and deleted", async () => {
  await sandbox.run(["-z", "an elephant walks in"]);
  const { sessions } = (await json("sessions", "list")) as {
    readonly sessions: readonly { readonly id: string; readonly message_count: number }[];
  };
  expect(sessions).toMatchObject([
    { source: "oneshot", model: "m1", preview: "an elephant walks in", message_count: 2 },
  ]);
  const id = sessions[0]?.id ?? "";

  expect(await json("sessions", "show", id)).toMatchObject({
    session: { id },
    items: [{ type: "user_message" }, { type: "assistant_message", text: "the answer" }],
  });
  expect((await sandbox.run(["sessions", "show", id.slice(0, 12)])).stdout).toContain("elephant");
  expect(await json("sessions", "search", "elephant")).toMatchObject({
    hits: [{ session_id: id, role: "user" }],
  });
  expect((await sandbox.run(["sessions", "list"])).stdout).toStartWith(`${id}\t`);

  expect((await sandbox.run(["sessions", "rename", id, "zoo", "talk"])).code).toBe(0);
  const resumed = await sandbox.run(["-z", "and now?", "-r", "zoo talk", "--json"]);
  expect([resumed.code, resumed.stdout.includes(`"session_id":"${id}"`)]).toEqual([0, true]);
  expect(JSON.stringify(server.requests.at(-1)?.body)).toContain("elephant");

  const exported = await sandbox.run(["sessions", "export", "zoo talk", "-o", "talk.md"]);
  expect(exported.code).toBe(0);
  expect(await readFile(join(sandbox.work, "talk.md"), "utf8")).toStartWith("# zoo talk\n");
  const lines = (await sandbox.run(["sessions", "export", id])).stdout.trimEnd().split("\n");
  expect(lines.length).toBe(5);
  for (const line of lines) JSON.parse(line);

  expect((await sandbox.run(["sessions", "delete", id])).code).toBe(2);
  expect((await sandbox.run(["sessions", "delete", id, "--yes"])).code).toBe(0);
  expect(await json("sessions", "list")).toEqual({ sessions: [] });
});

test("-c goes on with the last session, --ephemeral leaves none", async () => {
  await sandbox.run(["-z", "first"]);
  await sandbox.run(["-z", "secret", "--ephemeral"]);
  const { code, stdout } = await sandbox.run(["-z", "second", "-c"]);
  expect([code, stdout]).toEqual([0, "the answer\n"]);
  const body = JSON.stringify(server.requests.at(-1)?.body);
  expect([body.includes("first"), body.includes("secret")]).toEqual([true, false]);
  expect(await json("sessions", "list")).toMatchObject({ sessions: [{ preview: "first" }] });
});

describe("a session goes on", () => {
  test("at its own server and model when another one is configured by now", async () => {
    await sandbox.run(["-z", "first"]);
    await using other = await startResponsesServer({ steps: [textAnswer("no")], repeat: true });
    await sandbox.configure(configFor(other.url).replace("m1", "m2"));
    const { code, stdout, stderr } = await sandbox.run(["-z", "second", "-c"]);
    expect([code, stdout, stderr]).toEqual([0, "the answer\n", stderr]);
    expect(server.requests.map(sent("model"))).toEqual(["m1", "m1"]);
    expect(other.requests).toEqual([]);
  });

  test("at a server of the command line's, with its own model", async () => {
    await sandbox.run(["-z", "first"]);
    await sandbox.configure("agent: {api_max_retries: 0}\n");
    const { code } = await sandbox.run(["-z", "second", "-c", "--base-url", server.url]);
    expect([code, server.requests.map(sent("model")).at(-1)]).toEqual([0, "m1"]);
  });

  test("with a word about it when its provider has moved", async () => {
    const named = (url: string): string =>
      `custom_providers: [{name: lab, base_url: "${url}", models: {m1: {}}}]\nmodel: {provider: lab}\n`;
    await using other = await startResponsesServer({ steps: [textAnswer("moved")], repeat: true });
    await sandbox.configure(named(other.url));
    await sandbox.run(["-z", "first"]);
    await sandbox.configure(named(server.url));
    const { code, stderr } = await sandbox.run(["-z", "second", "-c"]);
    expect([code, stderr]).toEqual([
      0,
      `warning: This session was at ${other.url}; it goes on at ${server.url}\n`,
    ]);
  });

  test("in another directory, and is told so", async () => {
    const elsewhere = join(sandbox.root, "elsewhere");
    await mkdir(elsewhere);
    await writeFile(join(elsewhere, "AGENTS.md"), "Speak like a pirate.");
    await sandbox.run(["-z", "first"]);
    await sandbox.run(["-z", "second", "-c"]);
    await sandbox.run(["-z", "third", "-c"], { cwd: elsewhere });
    const [first, second, third] = server.requests.map(sent("instructions"));
    expect(second).toBe(first ?? "");
    expect([
      third?.includes(`Working directory: ${elsewhere}\n`),
      third?.includes("pirate"),
    ]).toEqual([true, true]);
  });
});

test("profiles keep their sessions apart", async () => {
  await sandbox.run(["-z", "in the home"]);
  const elsewhere = await json("--profile", "other", "sessions", "list");
  expect(elsewhere).toEqual({ sessions: [] });
});

test("prune deletes nothing that is fresh", async () => {
  await sandbox.run(["-z", "fresh"]);
  const { code, stderr } = await sandbox.run(["sessions", "prune", "--yes"]);
  expect([code, stderr]).toEqual([0, "No session is older than 90 days\n"]);
});

test.each(["show", "export", "rename", "delete"])("sessions %s of nobody is 66", async (name) => {
  const rest = name === "rename" ? ["title"] : [];
  const { code, stderr } = await sandbox.run(["sessions", name, "nobody", ...rest]);
  expect([code, stderr]).toEqual([66, stderr]);
  expect(stderr).toContain("(session/not_found)");
});
