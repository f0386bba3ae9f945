/**
 * Records what the real codex versions say on the wire, played against the fake model endpoint:
 *
 *   scripts/record-fixture CASE... | all
 *
 * Each case becomes `tests/fixtures/codex/<version>/<case>.jsonl`: a line that tells where it comes from, then one line per
 * message in the order of the wire. A recording whose messages have not changed is left as it is, date included.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../src/core/json.ts";
import { type CodexBinary, codexVersions } from "../tests/fakes/codex_binaries.ts";
import { type CodexCase, codexCases } from "../tests/fakes/codex_cases.ts";
import { driveCase, type Played } from "./recording/drive_case.ts";
import { createNormaliser } from "./recording/normalise.ts";

/** A line of a recording; the recorder's own tell where it comes from and where a new process begins. */
interface Line {
  readonly from: "client" | "server" | "recorder";
  readonly message: JsonObject;
}

const root = fileURLToPath(new URL("..", import.meta.url).href);
const fixtures = join(root, "tests/fixtures/codex");
const chosen = chooseCases(process.argv.slice(2));
for (const codex of codexVersions) {
  for (const one of chosen)
    console.log(`${codex.version}  ${one.name}: ${await record(codex, one)}`);
}

function chooseCases(names: readonly string[]): readonly CodexCase[] {
  if (names.length === 1 && names[0] === "all") return codexCases;
  const known = codexCases.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (names.length === 0 || unknown.length > 0) {
    const problem = names.length === 0 ? "No case is named" : `No such case: ${unknown.join(", ")}`;
    console.error(`${problem}\nCases: all, ${known.join(", ")}`);
    process.exit(2);
  }
  return codexCases.filter(({ name }) => names.includes(name));
}

async function record(codex: CodexBinary, one: CodexCase): Promise<string> {
  if (one.since !== undefined && Bun.semver.order(codex.version, one.since) < 0) {
    return "not in this version";
  }
  const lines = linesOf(await driveCase(codex, one));
  const path = join(fixtures, codex.version, `${one.name}.jsonl`);
  const body = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  const before = await readFile(path, "utf8").catch(() => "");
  // What codex does at the same time it tells in one order or another.
  if (isSameLines(before.slice(before.indexOf("\n") + 1), body)) return "unchanged";
  const recordedOn = new Date().toISOString().slice(0, 10);
  const origin: Line = {
    from: "recorder",
    message: { codex: codex.version, case: one.name, recordedOn },
  };
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(origin)}\n${body}`);
  return `${lines.length} messages`;
}

function isSameLines(one: string, other: string): boolean {
  const sorted = (text: string): string => text.split("\n").toSorted().join("\n");
  return sorted(one) === sorted(other);
}

function linesOf({ processes, home, serverUrl }: Played): readonly Line[] {
  const normalise = createNormaliser({
    hostName: hostname(),
    places: [
      [home.directory, "/home/user/.codex"],
      [home.work, "/work/dir"],
      [home.root, "/work"],
      [serverUrl, "http://127.0.0.1:8000/v1"],
      [process.execPath, "/usr/bin/bun"],
      [root, "/work/hermes/"],
    ],
  });
  const restart: Line = { from: "recorder", message: { restarted: true } };
  return processes.flatMap((messages, index): readonly Line[] => [
    ...(index === 0 ? [] : [restart]),
    ...messages.map(({ from, message }) => ({ from, message: normalise(message) })),
  ]);
}
