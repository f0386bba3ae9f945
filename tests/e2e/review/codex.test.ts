import { expect } from "bun:test";
import { isJsonObject } from "../../../src/core/json.ts";
import { callTool, textAnswer } from "../../fakes/server_steps.ts";
import { onEveryCodex, openLab } from "../codex/sandbox.ts";
import { keys, startVendors } from "../vendors.ts";
import { bodyOf, lastOf } from "./lab.ts";

const answer = textAnswer("All done.", { phase: "final_answer" });
const remember = callTool("memory", { action: "add", target: "user", content: "Prefers pnpm" });

onEveryCodex(
  "a session on codex is reviewed over the endpoint of its vendor, with a key of ours",
  async (codex) => {
    await using vendors = await startVendors([remember, textAnswer("Saved")]);
    const env = {
      ...vendors.env,
      NO_PROXY: "127.0.0.1",
      OPENAI_API_KEY: keys.OPENAI_API_KEY,
    };
    await using lab = await openLab(codex, { steps: [answer], env });
    await lab.hermes.configure("memory: {nudge_interval: 1}\n");
    const items = await lab.chat(async (person) => {
      person.says("I like pnpm");
      await person.sees("All done.", "Saved to memory: Prefers pnpm");
    });
    expect(items).toMatchObject([{ type: "assistant_message", text: "All done." }]);
    const [first] = vendors.server.requests;
    if (!first) throw new Error("Nobody was asked");
    const { tools, input } = bodyOf(first);
    const names = Array.isArray(tools) ? tools.filter(isJsonObject).map(({ name }) => name) : [];
    expect(names).toEqual(["skills_list", "skill_view", "skill_manage", "memory"]);
    expect(JSON.stringify(input)).toContain("I like pnpm");
    expect(lastOf(first)).toContain("a review beside the conversation");
  },
);

onEveryCodex("without a login or key of ours that is told once", async (codex) => {
  await using lab = await openLab(codex, { steps: [answer, answer] });
  await lab.hermes.configure("memory: {nudge_interval: 1}\n");
  let screen = "";
  await lab.chat(async (person) => {
    person.says("One");
    await person.sees("All done.", "Nothing is reviewed in this session");
    person.says("Two");
    await person.sees("All done.");
    screen = person.terminal.screen();
  });
  expect(screen.split("Nothing is reviewed").length).toBe(2);
});
