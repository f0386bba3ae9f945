import { describe, expect, test } from "bun:test";
import { complete } from "../../../src/cli/interactive/completion.ts";
import { createFakeFiles } from "../../fakes/files.ts";

const files = createFakeFiles({
  "/project/src/main.ts": "",
  "/project/src/map.ts": "",
  "/project/src/my notes.md": "",
  "/project/README.md": "",
  "/project/.env": "",
  "/home/me/todo.txt": "",
});
files.link("/project/link", "/project/src");
const deps = {
  files,
  cwd: "/project",
  homeDirectory: "/home/me",
  commands: ["/help", "/model", "/new", "/resume"],
};

/** The text with the cursor as `|`, and what else fits. */
async function completed(input: string): Promise<readonly [string, ...string[]] | undefined> {
  const cursor = input.indexOf("|");
  const result = await complete(deps, input.replace("|", ""), cursor);
  if (!result) return undefined;
  const { text, candidates } = result;
  return [`${text.slice(0, result.cursor)}|${text.slice(result.cursor)}`, ...candidates];
}

describe("complete()", () => {
  test.each([
    ["/h|", ["/help |"]],
    ["/|", ["/|", "/help", "/model", "/new", "/resume"]],
    ["/x|", undefined],
    ["say /h|", undefined],
    ["@RE|", ["@README.md |"]],
    ["see @s| now", ["see @src/| now"]],
    ["@src/ma|", ["@src/ma|", "main.ts", "map.ts"]],
    ["@src/m|", ['@"src/m|', "main.ts", "map.ts", "my notes.md"]],
    ["@src/mai|", ["@src/main.ts |"]],
    ["@src/my|", ['@"src/my notes.md" |']],
    ['@"src/my n|', ['@"src/my notes.md" |']],
    ["@li|", ["@link/|"]],
    ["@|", ["@|", "README.md", "link/", "src/"]],
    ["@.|", ["@.env |"]],
    ["@~/t|", ["@~/todo.txt |"]],
    ["@/home/m|", ["@/home/me/|"]],
    ["@none/x|", undefined],
    ["mail@RE|", undefined],
    ["word|", undefined],
  ])("%s becomes %j", async (input, expected) => {
    expect(await completed(input)).toEqual(expected as [string, ...string[]] | undefined);
  });
});
