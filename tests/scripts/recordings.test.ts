import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isJsonObject, parseJson } from "../../src/core/json.ts";
import { codexVersions } from "../fakes/codex_binaries.ts";
import { codexCases } from "../fakes/codex_cases.ts";

const fixtures = fileURLToPath(new URL("../fixtures/codex", import.meta.url).href);

test.each(codexVersions.map(({ version }) => version))(
  "every case of codex %s is recorded, and nothing else",
  (version) => {
    const names = codexCases
      .filter(({ since }) => since === undefined || Bun.semver.order(version, since) >= 0)
      .map(({ name }) => `${name}.jsonl`);
    expect(readdirSync(join(fixtures, version)).toSorted()).toEqual(names.toSorted());
  },
);

test("a recording is messages after a line of its origin, and tells nothing of its machine", () => {
  const files = readdirSync(fixtures, { recursive: true, encoding: "utf8" });
  for (const file of files.filter((name) => name.endsWith(".jsonl"))) {
    const text = readFileSync(join(fixtures, file), "utf8");
    const lines = text.trimEnd().split("\n").map(parseJson).filter(isJsonObject);
    expect(lines).toHaveLength(text.trimEnd().split("\n").length);
    const [version, name = ""] = file.split("/");
    expect(lines[0]).toEqual({
      from: "recorder",
      message: {
        codex: version ?? "",
        case: name.replace(".jsonl", ""),
        recordedOn: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) as string,
      },
    });
    for (const { from = null, message } of lines) {
      expect(from).toMatch(/^(client|server|recorder)$/);
      expect(isJsonObject(message)).toBe(true);
    }
    // Every absolute path is one of a recording, and every uuid is numbered.
    const paths = text.match(
      /(?<=["' ])\/(?!work\b|home\/user\b|bin\b|usr\/bin\b|dev\/null)[a-z][\w.-]*\/[^"' ]*/g,
    );
    expect({ file, paths }).toEqual({ file, paths: null });
    expect(text.match(/[0-9a-f]{8}-[0-9a-f]{4}-(?!7000-8000)[0-9a-f]{4}-[0-9a-f]{4}-/g)).toBe(null);
  }
});
