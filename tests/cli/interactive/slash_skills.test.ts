import { describe, expect, test } from "bun:test";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { startChat } from "../../fakes/chat.ts";
import { stage, told, write } from "./pending.ts";

const deploy = "---\nname: deploy\ndescription: Puts the site online\n---\nRun make deploy.\n";

describe("/skills", () => {
  test("tells that there are none", async () => {
    await using chat = await startChat({ columns: 300 });
    expect(await told(chat, "/skills")).toEqual(["No skills: they are kept in HOME/skills"]);
  });

  test("lists skills, broken ones, and changes that wait", async () => {
    await using chat = await startChat({ columns: 300 });
    await write(chat, "skills/web/deploy/SKILL.md", deploy);
    await write(chat, "skills/odd/SKILL.md", "---\ndescription: '\u001B[2J'\nx\n---\n");
    await stage(chat, "skills", "0123abcd", { action: "delete", name: "deploy" });
    expect(await told(chat, "/skills")).toEqual([
      "web/deploy  Puts the site online",
      "broken: HOME/skills/odd: its front matter is no YAML: Implicit map keys need to be followed by map values at line 3, column 1",
      "waits for you: 0123abcd  delete it (/skills show|approve|reject 0123abcd)",
    ]);
  });

  test("shows, makes and forgets changes that wait", async () => {
    await using chat = await startChat({ columns: 300 });
    await stage(chat, "skills", "0123abcd", { action: "create", name: "deploy", content: deploy });
    await stage(chat, "skills", "4567abcd", { action: "delete", name: "deploy" });
    await stage(chat, "skills", "89ababcd", { action: "delete", name: "nobody" });
    expect(await told(chat, "/skills show 0123abcd")).toEqual([
      "create the skill deploy",
      "--- /dev/null",
      "+++ HOME/skills/deploy/SKILL.md",
      "@@ -0,0 +1,5 @@",
      ...deploy.trimEnd().replaceAll(/^/gm, "+").split("\n"),
    ]);
    expect(await told(chat, "/skills approve 0123abcd")).toEqual(["Done: create the skill deploy"]);
    expect(await told(chat, "/skills reject 4567abcd")).toEqual(["Not done: delete it"]);
    expect(await told(chat, "/skills approve 89ababcd")).toEqual([
      'error: There is no skill "nobody" (usage/invalid)',
      "hint: /skills reject 89ababcd forgets it",
    ]);
    expect(await readFile(join(chat.cwd, "home/skills/deploy/SKILL.md"), "utf8")).toBe(deploy);
    expect(await readdir(join(chat.cwd, "home/pending/skills"))).toEqual(["89ababcd.json"]);
  });

  test("refuses what it does not know", async () => {
    await using chat = await startChat({ columns: 300 });
    expect(await told(chat, "/skills approve 00000000")).toEqual([
      "error: No such change waits: 00000000 (usage/invalid)",
      "hint: nothing waits",
    ]);
    expect(await told(chat, "/skills delete 00000000")).toEqual([
      "error: No such action: delete (usage/invalid)",
      "hint: /skills, or /skills show|approve|reject ID",
    ]);
  });
});

test("skills of the command line begin a session, and no other one", async () => {
  await using chat = await startChat({ argv: ["-s", "deploy,ask"] });
  for (const line of ["/model m2", "one", "/model m3", "/new", "/resume s9"]) {
    await told(chat, line);
  }
  expect(chat.app().opened.map(({ skills }) => skills)).toEqual([
    ["deploy", "ask"],
    ["deploy", "ask"],
    undefined,
    ["deploy", "ask"],
    undefined,
  ]);
});
