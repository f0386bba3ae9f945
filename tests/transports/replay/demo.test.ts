import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLoopRuntime } from "../../../src/agent/loop.ts";
import { denyAll } from "../../../src/core/approval.ts";
import type { TurnEvent } from "../../../src/core/event.ts";
import { isJsonObject, type JsonObject } from "../../../src/core/json.ts";
import { demoModel, demoPrompt, demoRecording } from "../../../src/transports/replay/demo.ts";
import { parseRecording } from "../../../src/transports/replay/parse_recording.ts";
import { createReplayTransport } from "../../../src/transports/replay/replay.ts";
import { createInstantClock } from "../../fakes/clock.ts";
import { createSequentialIds } from "../../fakes/ids.ts";
import { createFakeTool, ok } from "../../fakes/tool.ts";

const demo = parseRecording(demoRecording);

test("the demo takes seven steps and four to six seconds", () => {
  const ms = demo.steps
    .flatMap(({ events }) => events)
    .reduce((sum, { afterMs }) => sum + afterMs, 0);
  expect({ steps: demo.steps.length, isInTime: ms >= 4000 && ms <= 6000 }).toEqual({
    steps: 7,
    isInTime: true,
  });
});

test("the demo goes through the loop, its calls do what it says, and what it says is true", async () => {
  const cwd = await mkdtemp(join(tmpdir(), "hermes-demo-"));
  try {
    const printed: string[] = [];
    const used: string[] = [];
    const tool = (name: string, run: (input: JsonObject) => Promise<void> | void) =>
      createFakeTool(name, async (input) => {
        used.push(name);
        if (isJsonObject(input)) await run(input);
        return ok("{}");
      });
    const text = (input: JsonObject, key: string): string => {
      const value = input[key];
      return typeof value === "string" ? value : "";
    };
    const tools = [
      tool("todo", () => undefined),
      tool("write_file", (input) =>
        writeFile(join(cwd, text(input, "path")), text(input, "content")),
      ),
      tool("patch", async (input) => {
        const path = join(cwd, text(input, "path"));
        const parts = (await readFile(path, "utf8")).split(text(input, "old_string"));
        expect(parts.length).toBe(2);
        await writeFile(path, parts.join(text(input, "new_string")));
      }),
      tool("terminal", (input) => {
        const { stdout, stderr } = spawnSync("sh", ["-c", text(input, "command")], {
          cwd,
          encoding: "utf8",
        });
        printed.push(`${stdout.replace(/^ +/gm, "")}${stderr === "" ? "" : `stderr: ${stderr}`}`);
      }),
      tool("search_files", async (input) => {
        expect(await readFile(join(cwd, "words.sh"), "utf8")).toContain(text(input, "pattern"));
      }),
      tool("read_file", async (input) => {
        await readFile(join(cwd, text(input, "path")));
      }),
    ];

    const clock = createInstantClock();
    const newId = createSequentialIds();
    const transport = createReplayTransport({ clock, newId, mask: (said) => said }, demo, {
      cwd,
      pace: 0,
    });
    const spill = { write: () => Promise.resolve("") };
    await using runtime = createLoopRuntime({
      transport,
      tools,
      clock,
      newId,
      spill,
    });
    const events: TurnEvent[] = await Array.fromAsync(
      runtime.runTurn(
        {
          turnId: "t1",
          sessionId: "s1",
          model: demoModel,
          instructions: "",
          history: [],
          message: { type: "user-message", id: "u1", parts: [{ type: "text", text: demoPrompt }] },
          cwd,
          reasoningEffort: "medium",
          maxSteps: 90,
          approver: denyAll,
        },
        new AbortController().signal,
      ),
    );

    const last = events.at(-1);
    const outcome = last?.type === "turn-end" ? last.outcome : undefined;
    expect(outcome?.status === "completed" ? outcome.finalText : outcome).toContain("prints **9**");
    expect(used).toEqual([
      "todo",
      "write_file",
      "write_file",
      "todo",
      "terminal",
      "patch",
      "terminal",
      "search_files",
      "read_file",
      "todo",
    ]);
    expect(printed[0]).toStartWith("9\nexit code ");
    expect(printed[1]).toBe("9\nexit code 66\nstderr: words.sh: cannot read: missing.txt\n");
  } finally {
    await rm(cwd, { recursive: true });
  }
});
