/** Checks the import rule on mod.ts and src/: one line per violation. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { checkRooms, formatViolation } from "./lib/rooms.ts";

const paths = [
  ...["mod.ts"].filter((path) => statSync(path, { throwIfNoEntry: false }) !== undefined),
  ...readdirSync("src", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `src/${name.replaceAll("\\", "/")}`),
];

const violations = checkRooms(paths.map((path) => ({ path, source: readFileSync(path, "utf8") })));
for (const violation of violations) console.log(formatViolation(violation));
if (violations.length === 0) console.log(`rooms: ${paths.length} files, no violations`);
else process.exitCode = 1;
