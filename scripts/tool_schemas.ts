/** Writes src/tools/input_schemas.json: the JSON schemas of all tools, which are too slow to be made at each start. */
import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { freshSchemas } from "../src/tools/input.ts";

// Each tool defines its input where it is loaded.
await Promise.all([import("../src/tools/registry.ts"), import("../src/tools/session_tools.ts")]);

const file = new URL("../src/tools/input_schemas.json", import.meta.url);
await writeFile(file, `${JSON.stringify(freshSchemas(), null, 2)}\n`);
spawnSync(process.execPath, ["fmt", fileURLToPath(file)]);
