import { expect, test } from "bun:test";
import { autoPrune } from "../../src/cli/auto_prune.ts";
import { defaults } from "../../src/config/defaults.ts";
import { MemorySessionStore } from "../../src/storage/memory_store.ts";
import { createFakeApp, createFakePorts } from "../fakes/app.ts";
import { createFakeClock } from "../fakes/clock.ts";

const dayMs = 86_400_000;

async function storeWith(...ids: readonly string[]): Promise<MemorySessionStore> {
  const sessions = new MemorySessionStore();
  for (const id of ids) {
    await sessions.create({
      id,
      source: "cli",
      provider: "lab",
      model: "m1",
      runtime: "loop",
      cwd: "/",
      instructions: "",
      startedAt: 0,
    });
  }
  return sessions;
}

test("autoPrune() deletes only where it is wanted, what is old and not in use, once a day", async () => {
  const sessions = await storeWith("old", "current");
  const clock = createFakeClock(100 * dayMs);
  const ports = createFakePorts({ clock, cwd: "/nowhere" });
  const app = (isOn: boolean) =>
    createFakeApp(ports, {
      sessions,
      config: { sessions: { ...defaults.sessions, auto_prune: isOn } },
    });
  const left = async () => (await sessions.list({ limit: 9 })).map(({ id }) => id);
  expect([await autoPrune(app(false), "current"), await left()]).toEqual([
    undefined,
    ["old", "current"],
  ]);
  expect([await autoPrune(app(true), "current"), await left()]).toEqual([
    "Deleted 1 session not used for 90 days (sessions.auto_prune)",
    ["current"],
  ]);
  expect([await autoPrune(app(true), "other"), await left()]).toEqual([undefined, ["current"]]);
  await clock.advance(dayMs);
  expect([await autoPrune(app(true), "other"), await left()]).toEqual([
    "Deleted 1 session not used for 90 days (sessions.auto_prune)",
    [],
  ]);
});
