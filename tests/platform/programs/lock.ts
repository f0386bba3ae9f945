/** Holds the lock of the file that it is told, says so, and keeps it until it is killed. */
import { once } from "node:events";
import { withLock } from "../../../src/platform/file_lock.ts";

const [, , path = ""] = process.argv;
await withLock(path, async () => {
  console.log("held");
  await once(process.stdin.resume(), "end");
});
console.log("given back");
