import { describe, expect, test } from "bun:test";
import type { UserMessage } from "../../src/core/item.ts";
import { Steering } from "../../src/core/steering.ts";
import { settled } from "../fakes/clock.ts";

function message(text: string): UserMessage {
  return { type: "user-message", id: text, parts: [{ type: "text", text }] };
}

const never = new AbortController().signal;

describe("Steering", () => {
  test("keeps what was said in order until it is taken", () => {
    const taken: string[] = [];
    const steering = new Steering(({ id }) => taken.push(id));
    const [one, two] = [message("one"), message("two")];
    expect([steering.push(one), steering.push(two)]).toEqual([true, true]);
    expect(steering.waiting).toEqual([one, two]);
    steering.take(one);
    expect([steering.waiting, taken]).toEqual([[two], ["one"]]);
  });

  test.each(["", " \n\t"])("refuses %j, which says nothing", (text) => {
    const steering = new Steering();
    expect(steering.push(message(text))).toBe(false);
    expect(steering.waiting).toEqual([]);
  });

  test("takes an image without words", () => {
    const steering = new Steering();
    const image = { type: "image", mediaType: "image/png", data: "AA==" } as const;
    expect(steering.push({ type: "user-message", id: "i", parts: [image] })).toBe(true);
  });

  test("wakes everybody who waits when something is said, and when the wait is given up", async () => {
    const steering = new Steering();
    const woken: string[] = [];
    const leaving = new AbortController();
    void steering.added(never).then(() => woken.push("a"));
    void steering.added(leaving.signal).then(() => woken.push("b"));
    leaving.abort();
    await settled();
    expect(woken).toEqual(["b"]);
    steering.push(message("go"));
    await settled();
    expect(woken).toEqual(["b", "a"]);
    await steering.added(leaving.signal);
  });
});
