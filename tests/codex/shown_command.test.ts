import { expect, test } from "bun:test";
import { shownCommand } from "../../src/codex/shown_command.ts";

test.each([
  ["/bin/bash -lc 'git push'", "git push"],
  ["/usr/bin/zsh -lc ls", "ls"],
  ["/opt/homebrew/bin/bash -c ls", "ls"],
  ["bash -lc ls", "ls"],
  ["git push", "git push"],
  ["/tmp/bin/bash -lc 'git push'", "/tmp/bin/bash -lc 'git push'"],
  ["./bash -lc 'git push'", "./bash -lc 'git push'"],
  ["bin/bash -lc 'git push'", "bin/bash -lc 'git push'"],
  ["/usr/bin/../../tmp/bash -lc ls", "/usr/bin/../../tmp/bash -lc ls"],
])("shownCommand(%p)", (command, shown) => {
  expect(shownCommand(command)).toBe(shown);
});
