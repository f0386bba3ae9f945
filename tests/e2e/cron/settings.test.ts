import { expect, test } from "bun:test";
import { join } from "node:path";
import { createCronHome } from "../../fakes/cron_home.ts";
import { createJob } from "../../fakes/job.ts";
import { textAnswer } from "../../fakes/server_steps.ts";

const never = new AbortController().signal;

test("what was mended in the settings counts for the next run, without a new process", async () => {
  await using home = await createCronHome([textAnswer("All is well: secret-of-tomorrow")]);
  const good = await home.read(".hermes/config.yaml");
  await home.write(".hermes/config.yaml", "agent: {api_max_retries: 0}\n");
  const desk = await home.start().cron();
  const job = createJob({
    task: { prompt: "What is new?" },
    deliver: [{ kind: "file", path: join(home.directory, "told.md") }],
  });
  await desk.store.add(job);
  expect((await desk.runNow(job, never))?.error?.code).toBe("auth/missing");

  await home.write(".hermes/config.yaml", good);
  await home.write(".hermes/.env", "MY_TOKEN=secret-of-tomorrow\n");
  const mended = await desk.runNow(job, never);
  expect([mended?.status, mended?.error]).toEqual(["completed", null]);
  const told = await home.read("told.md");
  expect(told).toContain("\n\nAll is well: ");
  expect(told).not.toContain("secret-of-tomorrow");

  await home.write(".hermes/config.yaml", "model: [\n");
  const broken = await desk.runNow(job, never);
  expect([broken?.exitCode, broken?.error?.code]).toEqual([78, "config/invalid"]);
  expect(broken?.deliveries.map(({ isDelivered }) => isDelivered)).toEqual([true]);
  expect(await home.read("told.md")).toContain("(config/invalid)");
});

test("what was mended in the settings counts for the next alert, too", async () => {
  await using home = await createCronHome();
  const heard: string[] = [];
  using server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      heard.push(await request.text());
      return new Response("ok");
    },
  });
  const desk = await home.start().cron();
  const daily = { kind: "interval", everyMs: 86_400_000, anchor: 0 } as const;
  const late = createJob({
    task: { prompt: "What is new?" },
    deliver: [{ kind: "webhook", url: `http://127.0.0.1:${server.port}/` }],
    schedule: daily,
    nextRunAt: 86_400_000,
  });
  await desk.store.add(late);
  const [unheard] = await desk.tick(never, () => undefined);
  expect([unheard?.status, unheard?.deliveries[0]?.isDelivered]).toEqual(["missed", false]);

  const config = await home.read(".hermes/config.yaml");
  await home.write(".hermes/config.yaml", `${config}security: {allow_private_urls: true}\n`);
  await desk.store.change(late.id, { nextRunAt: 86_400_000 }, 0);
  const [told] = await desk.tick(never, () => undefined);
  expect([told?.status, told?.deliveries[0]?.isDelivered]).toEqual(["missed", true]);
  expect(heard).toEqual([expect.stringContaining('"status":"missed"')]);
});
