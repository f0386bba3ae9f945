/** A process that writes to a store until it is done or killed: `store_writer.ts FILE SESSION COUNT`. */
import { existsSync, writeSync } from "node:fs";
import { SqliteSessionStore } from "../../src/storage/session_store.ts";

const [, , path = "", session = "", count = "0"] = process.argv;
await using store = new SqliteSessionStore({ exists: async (file) => existsSync(file) }, path);
await store.create({
  id: session,
  source: "test",
  provider: "p",
  model: "m",
  runtime: "loop",
  cwd: "/",
  instructions: "",
  startedAt: 1,
});
await store.startTurn({ turnId: session, sessionId: session, startedAt: 1 });
for (let index = 0; index < Number(count); index++) {
  const id = `${session} ${index}`;
  await store.append(session, { type: "assistant-message", id, text: `Item ${index}` }, index);
  // Written at once: what was printed has been acknowledged.
  writeSync(1, `${id}\n`);
}
