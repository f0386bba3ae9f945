import { expect, test } from "bun:test";
import { Places } from "../../src/agent/places.ts";
import { settled } from "../fakes/clock.ts";

test("Places lets so many in, the others in their order, and survives work that fails", async () => {
  const places = new Places(2);
  const begun: string[] = [];
  const ends = new Map<string, (failure?: Error) => void>();
  const work = (name: string) =>
    places.run(async () => {
      begun.push(name);
      await new Promise<void>((resolve, reject) => {
        ends.set(name, (failure) => (failure ? reject(failure) : resolve()));
      });
      return name;
    });
  const all = Promise.allSettled(["a", "b", "c", "d"].map(work));
  await settled();
  expect(begun).toEqual(["a", "b"]);
  ends.get("b")?.(new Error("broken"));
  await settled();
  expect(begun).toEqual(["a", "b", "c"]);
  ends.get("a")?.();
  ends.get("c")?.();
  await settled();
  ends.get("d")?.();
  expect((await all).map(({ status }) => status)).toEqual([
    "fulfilled",
    "rejected",
    "fulfilled",
    "fulfilled",
  ]);
  const later = work("e");
  await settled();
  expect(begun.at(-1)).toBe("e");
  ends.get("e")?.();
  expect(await later).toBe("e");
});
