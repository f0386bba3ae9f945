import { expect, test } from "bun:test";
import { exitMeaning } from "../../../src/tools/shell/exit_meaning.ts";

test("exitMeaning() judges by the last program of the command", () => {
  const rows: readonly (readonly [string, number, string | undefined])[] = [
    ["grep x file", 0, undefined],
    ["grep x file", 1, "No lines matched"],
    ["grep x file", 2, undefined],
    ["cd dir && /usr/bin/grep x file", 1, "No lines matched"],
    ["cat file | rg x", 1, "No lines matched"],
    ["grep x file; make", 1, undefined],
    ["diff a b", 1, "The files differ"],
    ["[ -e x ]", 1, "The condition is false"],
    ["curl https://x", 22, "The server answered with an HTTP error (400 or above)"],
    ["nothing-of-that-name", 127, "The program was not found"],
    ["make", 137, "Killed (SIGKILL), perhaps for lack of memory"],
    ["make", 2, undefined],
    ["constructor", 1, undefined],
    ["", 1, undefined],
  ];
  for (const [command, code, meaning] of rows) {
    expect([command, code, exitMeaning(command, code)]).toEqual([command, code, meaning]);
  }
});
