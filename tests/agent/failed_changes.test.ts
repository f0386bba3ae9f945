import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { FailedChanges } from "../../src/agent/failed_changes.ts";
import type { ToolResult } from "../../src/core/item.ts";
import { toolCall } from "../fakes/model.ts";

const landed = { success: true, bytes_written: 1 };

function add(changes: FailedChanges, tool: string, input: object, output: object): void {
  const isError = "error" in output;
  const result: ToolResult = {
    type: "tool-result",
    id: "r",
    callId: "c",
    output: JSON.stringify(output),
    isError,
  };
  changes.add(toolCall("c", tool, input), result);
}

describe("FailedChanges", () => {
  test("tells the first error of each file, as its path was written", () => {
    const changes = new FailedChanges("/project");
    add(changes, "patch", { path: "a.txt" }, { error: "text not\n found" });
    add(changes, "patch", { path: "./a.txt" }, { error: "again not found" });
    add(changes, "write_file", { path: "/project/b.txt" }, { error: "denied" });
    expect(changes.notice()).toBe(
      "2 files were not changed as intended:\n`a.txt`: text not found\n`/project/b.txt`: denied",
    );
  });

  test("forgets a file as soon as a change of it lands, however its path was written", () => {
    const changes = new FailedChanges("/project");
    add(changes, "patch", { path: "src/../a.txt" }, { error: "no" });
    add(changes, "write_file", { path: "/project/a.txt" }, landed);
    expect(changes.notice()).toBeUndefined();
  });

  test("counts each file of a patch over several", () => {
    const changes = new FailedChanges("/project");
    const patch =
      "*** Begin Patch\n*** Update File: a\n@@\n*** Add File: b\n+x\n*** Delete File: c\n*** End Patch";
    add(changes, "patch", { mode: "patch", patch }, { success: false, error: "no" });
    add(changes, "write_file", { path: "b" }, landed);
    expect(changes.notice()).toBe("2 files were not changed as intended:\n`a`: no\n`c`: no");
  });

  test("takes a landed change for one, whatever its text says, and other tools for none", () => {
    const changes = new FailedChanges("/project");
    add(changes, "patch", { path: "a" }, { success: true, diff: "+error: failed" });
    add(changes, "terminal", { path: "b" }, { error: "no" });
    add(changes, "patch", { mode: "replace" }, { error: "no path" });
    expect(changes.notice()).toBeUndefined();
  });

  test("knows the changes of another backend", () => {
    const changes = new FailedChanges("/project");
    const change = (status: "failed" | "completed" | "declined", path: string) =>
      changes.addChange({
        type: "file-change",
        id: "f",
        status,
        changes: [{ path, kind: "update" }],
      });
    change("failed", "/project/a");
    change("failed", "/project/b");
    change("completed", "/project/a");
    change("declined", "/project/c");
    expect(changes.notice()).toBe(
      "1 file was not changed as intended:\n`/project/b`: the change could not be applied",
    );
  });

  test("shows ten files at most, and cuts long errors", () => {
    const changes = new FailedChanges("/project");
    for (let n = 0; n < 13; n++) {
      add(changes, "patch", { path: `f${n}` }, { error: "x".repeat(500) });
    }
    const lines = changes.notice()?.split("\n") ?? [];
    expect([lines.length, lines[0], lines.at(-1), lines[1]?.length]).toEqual([
      12,
      "13 files were not changed as intended:",
      "and 3 more",
      "`f0`: ".length + 161,
    ]);
  });

  test("names exactly the files whose last change failed", () => {
    const step = fc.record({ path: fc.constantFrom("a", "b", "c"), ok: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const changes = new FailedChanges("/");
        const last = new Map<string, boolean>();
        for (const { path, ok } of steps) {
          add(changes, "write_file", { path }, ok ? landed : { error: "no" });
          last.set(path, ok);
        }
        const open = [...last].filter(([, ok]) => !ok).map(([path]) => path);
        const named = [...(changes.notice() ?? "").matchAll(/^`(.)`/gm)].map(([, path]) => path);
        expect(new Set(named)).toEqual(new Set(open));
      }),
      { seed: 36 },
    );
  });
});
