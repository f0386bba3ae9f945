import { expect, test } from "bun:test";
import type { TurnEvent } from "../../src/core/event.ts";
import type { UserMessage } from "../../src/core/item.ts";
import { Steering } from "../../src/core/steering.ts";
import { settled } from "../fakes/clock.ts";
import * as codex from "../fakes/codex_script.ts";
import { createRig, type Rig } from "./rig.ts";

function said(id: string): UserMessage {
  return { type: "user-message", id, parts: [{ type: "text", text: id }] };
}

/** Codex shows a message to its model. */
function echo(id: string, text: string) {
  const item = { type: "userMessage", id, content: [{ type: "text", text }] };
  return [codex.tell("item/started", { item }), codex.tell("item/completed", { item })];
}

/** Ids and texts of what was completed, in order. */
function made(events: readonly TurnEvent[]): readonly string[] {
  return events.flatMap((event) => {
    if (event.type !== "item-end") return [];
    return event.item.type === "assistant-message" ? [event.item.text] : [event.item.id];
  });
}

function steers(rig: Rig): readonly unknown[] {
  return rig.sent().flatMap(({ method, params }) => (method === "turn/steer" ? [params] : []));
}

test("what is said reaches codex at once, and is a part of the turn when codex shows it to its model", async () => {
  const script = codex.turn(
    ...echo("u1", "Hi"),
    { do: "await-call", method: "turn/steer" },
    ...codex.message("Long", { id: "m1", phase: "commentary" }),
    ...echo("u2", "shorter"),
    ...codex.message("Short", { id: "m2" }),
  );
  await using rig = createRig([codex.scenario({ "turn/start": [script] })]);
  const taken: string[] = [];
  const steering = new Steering(({ id }) => taken.push(id));
  const playing = rig.play({ steering });
  await settled();
  steering.push(said("shorter"));
  const { events } = await playing;
  expect(steers(rig)).toEqual([
    {
      threadId: "thread-1",
      expectedTurnId: "turn-1-1",
      input: [{ type: "text", text: "shorter" }],
    },
  ]);
  expect(made(events)).toEqual(["Long", "shorter", "Short"]);
  expect([taken, steering.waiting]).toEqual([["shorter"], []]);
});

test("what codex took and never showed to its model is left for the next turn", async () => {
  const script = codex.turn(
    ...echo("u1", "Hi"),
    { do: "await-call", method: "turn/steer" },
    ...codex.message("Done"),
  );
  await using rig = createRig([codex.scenario({ "turn/start": [script] })]);
  const steering = new Steering();
  const playing = rig.play({ steering });
  await settled();
  steering.push(said("shorter"));
  expect(made((await playing).events)).toEqual(["Done"]);
  expect(steering.waiting.map(({ id }) => id)).toEqual(["shorter"]);
});

test("a turn that cannot be steered is asked a few times, and leaves all messages for the next one", async () => {
  const refuse = { do: "refuse", code: -32_600, message: "cannot steer a review turn" } as const;
  const refused = codex.scenario({
    "turn/start": [[...codex.turnStarted, { do: "wait" }]],
    "turn/steer": [
      ...Array.from({ length: 7 }, () => [refuse]),
      [refuse, ...codex.message("Done"), codex.turnCompleted()],
    ],
  });
  await using rig = createRig([refused]);
  const steering = new Steering();
  const playing = rig.play({ steering });
  await settled();
  steering.push(said("one"));
  steering.push(said("two"));
  expect(made((await playing).events)).toEqual(["Done"]);
  expect(steers(rig)).toHaveLength(8);
  expect(steering.waiting.map(({ id }) => id)).toEqual(["one", "two"]);
});
