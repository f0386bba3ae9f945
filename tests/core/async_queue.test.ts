import { describe, expect, test } from "bun:test";
import { AsyncQueue } from "../../src/core/async_queue.ts";
import { settled } from "../fakes/clock.ts";

describe("AsyncQueue", () => {
  test("passes values on in order, those before the end included", async () => {
    const queue = new AsyncQueue<number>();
    queue.push(1);
    const taken: number[] = [];
    const consumer = (async () => {
      for await (const value of queue) taken.push(value);
    })();
    await settled();
    queue.push(2);
    queue.push(3);
    queue.end();
    queue.push(4);
    await consumer;
    expect(taken).toEqual([1, 2, 3]);
  });

  test("lets a producer wait until the consumer has caught up", async () => {
    const queue = new AsyncQueue<number>();
    for (let value = 0; value < 10; value++) queue.push(value);
    let hasRoom = false;
    void queue.room(8).then(() => {
      hasRoom = true;
    });
    const values = queue[Symbol.asyncIterator]();
    await values.next();
    await settled();
    expect([queue.size, hasRoom]).toEqual([9, false]);
    await values.next();
    await values.next();
    await settled();
    expect([queue.size, hasRoom]).toEqual([7, true]);
  });

  test("has room for ever when its consumer has left", async () => {
    const queue = new AsyncQueue<number>();
    for (let value = 0; value < 3; value++) queue.push(value);
    for await (const value of queue) if (value === 0) break;
    await queue.room(1);
    queue.push(9);
    expect(queue.size).toBe(2);
  });
});
