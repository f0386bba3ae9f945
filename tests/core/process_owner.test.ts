import { expect, test } from "bun:test";
import { createProcessOwners } from "../../src/core/process_owner.ts";

/** The owners as a process sees them on a machine where these run, by number with their start. */
function owners(
  running: Record<number, string>,
  {
    pid = 1,
    hostName = "here",
    table = "all",
  }: { pid?: number; hostName?: string; table?: string },
) {
  const processes = {
    name: () => Promise.resolve(table),
    startOf: (of: number) => Promise.resolve(running[of]),
  };
  return createProcessOwners(processes, { hostName, pid });
}

test("a process is gone when another one or none has its number", async () => {
  const owner = (await owners({ 7: "70" }, { pid: 7 }).own()) ?? "";
  const seen = (running: Record<number, string>) =>
    owners({ 1: "10", ...running }, {}).isGone(owner);
  expect([await seen({ 7: "70" }), await seen({ 7: "71" }), await seen({})]).toEqual([
    false,
    true,
    true,
  ]);
});

test("nothing is known of a process of another machine or container", async () => {
  const owner = (await owners({ 7: "70" }, { pid: 7 }).own()) ?? "";
  const there = owners({ 1: "10" }, { hostName: "there" });
  const inside = owners({ 1: "10" }, { table: "inside" });
  expect([await there.isGone(owner), await inside.isGone(owner)]).toEqual([false, false]);
});

test("nothing is known where the system shows no processes, nor of what is no owner", async () => {
  const owner = (await owners({ 7: "70" }, { pid: 7 }).own()) ?? "";
  const blind = owners({}, {});
  expect([await blind.own(), await blind.isGone(owner)]).toEqual([undefined, false]);
  const seeing = owners({ 1: "10" }, {});
  expect([await seeing.isGone("x"), await seeing.isGone("{}")]).toEqual([false, false]);
});
