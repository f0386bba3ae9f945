import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isJsonObject, type Json } from "../../src/core/json.ts";
import {
  type RecordedRequest,
  type ResponsesServer,
  startResponsesServer,
} from "../fakes/responses_server.ts";
import { callTool, type ServerStep, textAnswer } from "../fakes/server_steps.ts";
import { configFor, createSandbox, eventsOf, type Sandbox } from "./sandbox.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox();
});
afterEach(async () => {
  await sandbox[Symbol.asyncDispose]();
});

const deploy = `---
name: deploy
description: Puts the site online
tags: [web]
---
Run make deploy, then look at the page.
`;

async function serve(
  steps: readonly ServerStep[],
  config: (url: string) => string = (url) => configFor(url),
): Promise<ResponsesServer> {
  const server = await startResponsesServer({ steps });
  await sandbox.configure(config(server.url));
  return server;
}

async function keep(name: string, text: string): Promise<void> {
  const path = join(sandbox.home, "skills", name, "SKILL.md");
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

function promptOf(request: RecordedRequest | undefined): string {
  const body = request?.body ?? null;
  return isJsonObject(body) && typeof body["instructions"] === "string" ? body["instructions"] : "";
}

/** The results of tools that a run printed, as values. */
function resultsOf(stdout: string): readonly Json[] {
  return eventsOf(stdout).flatMap(({ type, item }) =>
    type === "item.completed" && item?.type === "tool_result"
      ? [JSON.parse(item.output ?? "null") as Json]
      : [],
  );
}

test("a turn writes a skill, and the next session knows it and reads it", async () => {
  await using server = await serve([
    callTool("skill_manage", {
      action: "create",
      name: "deploy",
      category: "web",
      content: deploy,
    }),
    textAnswer("kept"),
    callTool("skill_view", { name: "deploy" }),
    textAnswer("read"),
  ]);
  const path = join(sandbox.home, "skills", "web", "deploy", "SKILL.md");
  const first = await sandbox.run(["-z", "keep what you learned", "--json"]);
  expect([first.code, resultsOf(first.stdout)]).toEqual([
    0,
    [{ success: true, message: "Done: create the skill web/deploy", path }],
  ]);
  expect(await readFile(path, "utf8")).toBe(deploy);

  const second = await sandbox.run(["-z", "put the site online", "--json"]);
  const prompts = server.requests.map(promptOf);
  expect(prompts.map((prompt) => prompt.includes("web:\n- deploy: Puts the site online"))).toEqual([
    false,
    false,
    true,
    true,
  ]);
  expect([second.code, resultsOf(second.stdout)]).toEqual([
    0,
    [
      {
        success: true,
        name: "deploy",
        description: "Puts the site online",
        category: "web",
        tags: ["web"],
        related_skills: [],
        content: deploy,
        path: "web/deploy/SKILL.md",
        skill_dir: dirname(path),
        linked_files: {},
        setup_needed: false,
        readiness_status: "available",
        missing_required_environment_variables: [],
      },
    ],
  ]);
});

describe("skills.write_approval", () => {
  test("keeps a change for the user where nobody can be asked", async () => {
    await using _ = await serve(
      [
        callTool("skill_manage", { action: "create", name: "deploy", content: deploy }),
        textAnswer("noted"),
      ],
      (url) => `${configFor(url)}skills: {write_approval: true}\n`,
    );
    const { code, stdout } = await sandbox.run(["-z", "keep it", "--json", "--yolo"]);
    const [answer] = resultsOf(stdout);
    const { pending_id: id = "" } = isJsonObject(answer) ? answer : {};
    if (typeof id !== "string") throw new TypeError("An id is a text");
    expect([code, answer]).toMatchObject([0, { success: true, staged: true }]);
    const pending = join(sandbox.home, "pending", "skills");
    expect(await readdir(pending)).toEqual([`${id}.json`]);
    expect(await readdir(sandbox.home)).not.toContain("skills");
    expect(JSON.parse(await readFile(join(pending, `${id}.json`), "utf8"))).toMatchObject({
      id,
      subsystem: "skills",
      action: "create",
      summary: "create the skill deploy",
      payload: { action: "create", name: "deploy", content: deploy },
    });
  });
});

describe("--skills", () => {
  test("gives the text of the skills to the first message", async () => {
    await using server = await serve([textAnswer("done"), textAnswer("more")]);
    await keep("web/deploy", deploy);
    const run = await sandbox.run(["-z", "go", "-s", "deploy"]);
    expect([run.code, run.stdout]).toEqual([0, "done\n"]);
    const [request] = server.requests;
    expect(JSON.stringify(request?.body)).toContain("Run make deploy, then look at the page.");
    const listed = await sandbox.run(["sessions", "list"]);
    expect(listed.stdout).toContain("\tgo");
  });

  test("refuses a name that no skill has before anything is asked", async () => {
    await using server = await serve([]);
    await keep("web/deploy", deploy);
    const run = await sandbox.run(["-z", "go", "-s", "deplyo"]);
    expect([run.code, run.stderr]).toEqual([
      2,
      "error: No such skill: deplyo (usage/invalid)\nhint: did you mean deploy?\n",
    ]);
    expect(server.requests).toEqual([]);
  });
});
