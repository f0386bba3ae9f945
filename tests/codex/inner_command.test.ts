import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { innerCommand } from "../../src/codex/inner_command.ts";
import { shellText } from "../../src/core/shell_text.ts";

test.each([
  ["/bin/bash -lc 'echo hi > out.txt; cat out.txt'", "echo hi > out.txt; cat out.txt"],
  ["bash -c ls", "ls"],
  [`/usr/bin/zsh -lc 'it'"'"'s'`, "it's"],
  [String.raw`/bin/bash -lc "say \"hi\" \\ \$HOME"`, String.raw`say "hi" \ $HOME`],
  ["git status", "git status"],
  ["/bin/bash -lc 'a' 'b'", "/bin/bash -lc 'a' 'b'"],
  ['/bin/bash -lc "echo $HOME"', '/bin/bash -lc "echo $HOME"'],
  ["/bin/bash -lc 'open", "/bin/bash -lc 'open"],
  ["/bin/bash -lc ''", "/bin/bash -lc ''"],
  ["/bin/bash script.sh", "/bin/bash script.sh"],
])("innerCommand(%p)", (command, inner) => {
  expect(innerCommand(command)).toBe(inner);
});

test("innerCommand() undoes what quoting did", () => {
  const typed = fc
    .string({ unit: "grapheme", minLength: 1 })
    .filter((text) => !text.includes("\0"));
  fc.assert(
    fc.property(typed, (text) => {
      expect(innerCommand(shellText(["/bin/bash", "-lc", text]))).toBe(text);
    }),
    { seed: 11, numRuns: 300 },
  );
});

test("innerCommand() reads a word as a shell does", () => {
  const word = String.raw`a'b"c'"d\"e\x"\'f/g`;
  const { stdout } = spawnSync("sh", ["-c", `printf %s ${word}`], { encoding: "utf8" });
  expect(innerCommand(`sh -c ${word}`)).toBe(stdout);
});
