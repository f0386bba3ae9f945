import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { startCli } from "../../fakes/cli.ts";

async function script(shell: string): Promise<string> {
  const { code, stdout } = await startCli(["completion", shell]).finish();
  expect(code).toBe(0);
  return stdout;
}

/** What bash would offer for the last word of the line. */
function offers(completion: string, ...words: readonly string[]): readonly string[] {
  const line = words.map((word) => `'${word}'`).join(" ");
  const program = `${completion}
COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _hermes; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const result = spawnSync("bash", ["--norc", "-c", program], { encoding: "utf8" });
  expect(result.stderr).toBe("");
  return result.stdout.split("\n").filter((word) => word !== "");
}

test("completion bash offers commands, subcommands, flags and words", async () => {
  const bash = await script("bash");
  expect(offers(bash, "hermes", "se")).toEqual(["sessions"]);
  expect(offers(bash, "hermes", "sessions", "re")).toEqual(["rename", "rewind"]);
  expect(offers(bash, "hermes", "sessions", "list", "--js")).toEqual(["--json"]);
  expect(offers(bash, "hermes", "--approval", "")).toEqual(["ask", "smart", "deny", "yolo"]);
  expect(offers(bash, "hermes", "-m", "x", "--dead")).toEqual(["--deadline"]);
  expect(offers(bash, "hermes", "-m", "")).toEqual([]);
  expect(offers(bash, "hermes", "completion", "z")).toEqual(["zsh"]);
  expect(offers(bash, "hermes", "sessions", "export", "--format", "")).toEqual([
    "jsonl",
    "json",
    "md",
    "html",
  ]);
  expect(offers(bash, "hermes", "memory", "reset", "u")).toEqual(["user"]);
});

const syntaxChecks = [
  ["bash", ["-n"]],
  ["zsh", ["-n"]],
  ["fish", ["--no-execute"]],
] as const;

test.each(syntaxChecks)(
  "completion %s is what its shell can read, where it is installed",
  async (shell, flags) => {
    const text = await script(shell);
    expect(text).toContain("completion");
    const result = spawnSync(shell, [...flags, "/dev/stdin"], { input: text, encoding: "utf8" });
    // A machine without the shell cannot tell.
    if (result.error) return;
    expect([result.status, result.stderr]).toEqual([0, ""]);
  },
);

test("completion of an unknown shell is a usage error", async () => {
  expect(await startCli(["completion", "tcsh"]).finish()).toEqual({
    code: 2,
    stdout: "",
    stderr:
      "error: There is no completion for this shell: tcsh (usage/invalid)\nhint: pass one of bash, zsh, fish\n",
  });
});
