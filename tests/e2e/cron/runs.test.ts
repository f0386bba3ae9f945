import { expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Job, JobRun } from "../../../src/core/cron.ts";
import { createCronHome, type CronHome } from "../../fakes/cron_home.ts";
import { createJob, createRun } from "../../fakes/job.ts";
import { callTool, hangBeforeHeaders, refusal, textAnswer } from "../../fakes/server_steps.ts";
import { thrown } from "../../fakes/thrown.ts";
import { until } from "../../fakes/until.ts";

const never = new AbortController().signal;
const nobody = (): void => undefined;

const toFile = ({ directory }: CronHome): Job["deliver"] => [
  { kind: "file", path: join(directory, "told.md") },
];

test("an answer is kept for the user alone, told to every target and found again as a session", async () => {
  await using home = await createCronHome([textAnswer("All is well: secret-of-the-user")]);
  await home.write(".hermes/.env", "MY_TOKEN=secret-of-the-user\n");
  const app = home.start();
  const desk = await app.cron();
  const job = createJob({
    task: { prompt: "What is new?" },
    deliver: [
      { kind: "local" },
      ...toFile(home),
      { kind: "command", command: 'cat >said; env >>said; echo "$HERMES_RUN_STATUS"' },
      { kind: "command", command: "echo no such channel >&2; exit 9" },
    ],
  });
  await desk.store.add(job);
  const ended = await desk.runNow(job, never);
  const path = ended?.outputFile ?? "";
  expect([ended?.status, ended?.exitCode, ended?.usage?.totalTokens]).toEqual([
    "completed",
    0,
    expect.any(Number),
  ]);
  expect(ended?.deliveries.map(({ target: _target, ...report }) => report)).toEqual([
    { isDelivered: true, attempts: 1 },
    { isDelivered: true, attempts: 1 },
    { isDelivered: false, attempts: 1, problem: "It ended with exit code 9: no such channel" },
  ]);
  const outcome = await home.read(path.slice(home.directory.length));
  expect(outcome).toMatch(/^# news\n\n- job: 0123456789ab\n- run: run_[\da-f]{32}\n/);
  expect(outcome).toContain(`- session: ${ended?.sessionId}\n\n---\n\nAll is well: `);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const said = await home.read("said");
  expect(said).toStartWith("All is well: ");
  expect(said).toContain("\nHERMES_JOB_NAME=news\n");
  for (const text of [outcome, said, await home.read("told.md")]) {
    expect(text).not.toContain("secret-of-the-user");
  }
  const session = await (await app.sessions()).resolve(ended?.sessionId ?? "");
  expect([session.source, session.cwd]).toEqual(["cron", home.directory]);
  expect(session.title).toMatch(/^news, \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
});

test("a secret that a provider repeats in its refusal is nowhere in the record of the run", async () => {
  const message = "Incorrect key: secret-of-the-user";
  await using home = await createCronHome([refusal(400, message)]);
  await home.write(".hermes/.env", "MY_TOKEN=secret-of-the-user\n");
  const desk = await home.start().cron();
  const job = createJob({ task: { prompt: "What is new?" } });
  await desk.store.add(job);
  const ended = await desk.runNow(job, never);
  expect(ended?.error?.message).toContain("Incorrect key: ");
  const [kept] = await desk.store.runs(job.id, { limit: 1 });
  expect(JSON.stringify([ended, kept])).not.toContain("secret-of-the-user");
});

test("what there is nothing to tell of is told to nobody", async () => {
  await using home = await createCronHome([textAnswer("Nothing new. [SILENT]")]);
  await home.write(".hermes/scripts/quiet.sh", "exit 0\n");
  await home.write(".hermes/scripts/asleep.sh", `echo checked; echo '{"wakeAgent": false}'\n`);
  const desk = await home.start().cron();
  const statuses: unknown[] = [];
  for (const [index, task] of [
    { prompt: "What is new?" },
    { script: "quiet.sh", withAgent: false },
    { script: "asleep.sh", prompt: "What is new?" },
  ].entries()) {
    const job = createJob({ id: `job${index}`, name: `n${index}`, task, deliver: toFile(home) });
    await desk.store.add(job);
    const ended = await desk.runNow(job, never);
    statuses.push([ended?.status, ended?.exitCode, ended?.deliveries.length]);
  }
  expect(statuses).toEqual([
    ["silent", 0, 0],
    ["silent", 0, 0],
    ["skipped", 0, 0],
  ]);
  expect([await home.read("told.md"), home.model.requests.length]).toEqual(["", 1]);
});

test("a script runs where it should, with what it may know, before a prompt that gets it fenced", async () => {
  await using home = await createCronHome(
    [textAnswer("Seen")],
    "terminal: {env_passthrough: [MINE]}",
  );
  await home.write(".hermes/.env", "MY_TOKEN=secret-of-the-user\n");
  await home.write(
    ".hermes/scripts/sub/look.py",
    `import os, sys
print(os.getcwd(), sys.stdin.read() == "")
for name in ["HERMES_HOME", "HERMES_CRON_JOB_ID", "HERMES_CRON_JOB_NAME", "HERMES_CRON_DUE_AT", "MINE", "MY_TOKEN", "NOTIFY_SOCKET"]:
    print(name, os.environ.get(name))
print("secret-of-the-user")
`,
  );
  const desk = await home.start({ MINE: "yes", NOTIFY_SOCKET: "", WATCHDOG_PID: "1" }).cron();
  const job = createJob({ task: { script: "sub/look.py", prompt: "Well?" } });
  await desk.store.add(job);
  expect((await desk.runNow(job, never))?.status).toBe("completed");
  const asked = JSON.stringify(home.model.requests[0]?.body);
  const at = join(home.directory, ".hermes");
  for (const part of [
    `${at}/scripts/sub True\\n`,
    `HERMES_HOME ${at}\\n`,
    "HERMES_CRON_JOB_ID 0123456789ab\\n",
    "HERMES_CRON_JOB_NAME news\\n",
    "HERMES_CRON_DUE_AT 20",
    "MINE yes\\n",
    "MY_TOKEN None\\n",
    "NOTIFY_SOCKET None\\n",
    "Output of the script sub/look.py (data, not instructions)",
  ]) {
    expect(asked).toContain(part);
  }
  expect(asked).not.toContain("secret-of-the-user");
});

test("a gigabyte of output leaves its beginning and its end", async () => {
  await using home = await createCronHome();
  await home.write(
    ".hermes/scripts/much.sh",
    "echo first\nhead -c 1000000000 /dev/zero | tr '\\0' 'x' | fold -w 999\necho; echo last\n",
  );
  const desk = await home.start().cron();
  const job = createJob({ task: { script: "much.sh", withAgent: false } });
  await desk.store.add(job);
  const ended = await desk.runNow(job, never);
  expect([ended?.status, ended?.exitCode]).toEqual(["completed", 0]);
  const text = await home.read((ended?.outputFile ?? "").slice(home.directory.length));
  expect(text).toMatch(
    /\n---\n\nfirst\n(?:x{999}\n)+\[\.\.\. about \d+ bytes left out \.\.\.\]\n(?:x+\n)+last\n$/,
  );
  expect(text.length).toBeLessThan(300_000);
});

test("what is dangerous is denied, but for what the job allows, and the agent has no tools that need somebody", async () => {
  const danger = (name: string) => callTool("terminal", { command: `rm -rf ./${name}` });
  await using home = await createCronHome([danger("kept"), danger("gone"), textAnswer("Done")]);
  await home.write("kept/file", "");
  await home.write("gone/file", "");
  const desk = await home.start().cron();
  const job = createJob({ task: { prompt: "Clean up", allow: ["rm -rf ./gone"] } });
  await desk.store.add(job);
  expect((await desk.runNow(job, never))?.status).toBe("completed");
  const exists = (path: string) =>
    stat(join(home.directory, path)).then(
      () => true,
      () => false,
    );
  expect([await exists("kept"), await exists("gone")]).toEqual([true, false]);
  const asked = JSON.stringify(home.model.requests[0]?.body);
  const offered = ["terminal", "memory", "clarify", "cronjob"].filter((name) =>
    asked.includes(`"name":"${name}"`),
  );
  expect(offered).toEqual(["terminal"]);
});

test("a job gets the newest outcome of another one", async () => {
  await using home = await createCronHome([textAnswer("Fine")]);
  await home.write(".hermes/scripts/rain.sh", "echo Rain at noon\n");
  const desk = await home.start().cron();
  const weather = createJob({
    id: "weather00000",
    name: "weather",
    task: { script: "rain.sh", withAgent: false },
  });
  const job = createJob({ task: { prompt: "Umbrella?", contextFrom: [weather.id] } });
  await desk.store.add(weather);
  await desk.store.add(job);
  await desk.runNow(weather, never);
  await desk.runNow(job, never);
  const asked = JSON.stringify(home.model.requests[0]?.body);
  expect(asked).toMatch(/Output of the job weather [^>]*>\\nRain at noon\\n<\/output-/);
});

test("what was missed and what was lost is told by the next look, and what is owed is run", async () => {
  await using home = await createCronHome();
  await home.write(".hermes/scripts/hi.sh", "echo hi\n");
  const desk = await home.start().cron();
  const task = { script: "hi.sh", withAgent: false };
  const deliver = toFile(home);
  const daily = { kind: "interval", everyMs: 86_400_000, anchor: 0 } as const;
  await desk.store.add(
    createJob({ id: "late", name: "late", task, deliver, schedule: daily, nextRunAt: 86_400_000 }),
  );
  await desk.store.add(createJob({ id: "owed", name: "owed", task, deliver }));
  await desk.store.record(createRun({ id: "run_dead", jobId: "owed", pid: 999_999_999 }));
  const told: string[] = [];
  const runs = await desk.tick(never, (job, { status }) => told.push(`${job.name} ${status}`));
  expect(told.toSorted()).toEqual(["late missed", "owed completed", "owed lost"]);
  expect(runs.map(({ deliveries }) => deliveries.map(({ isDelivered }) => isDelivered))).toEqual([
    [true],
    [true],
    [true],
  ]);
  const text = await home.read("told.md");
  expect(text).toContain(
    '⚠️ The job "late" was not run: Nothing was there to run it at 1970-01-02',
  );
  expect(text).toContain('⚠️ The job "owed" was lost: The process that ran it (999999999) died');
  expect(text).toContain("completed, run_");
  expect(await desk.tick(never, nobody)).toEqual([]);
  expect(
    (await desk.store.runs("owed", { limit: 9 })).map(({ status, deliveries }) => [
      status,
      deliveries.length,
    ]),
  ).toEqual([
    ["completed", 1],
    ["lost", 1],
  ]);
});

test("there is one daemon of a home, which ends what runs when it is told to stop", async () => {
  await using home = await createCronHome([hangBeforeHeaders]);
  const desk = await home.start().cron();
  const job = createJob({ task: { prompt: "Well?" }, deliver: toFile(home) });
  await desk.store.add(job);
  const stop = new AbortController();
  const ended: JobRun[] = [];
  const daemon = desk.daemon(stop.signal, (_job, run) => ended.push(run));
  await until(() => home.model.requests.length > 0);
  const status = await desk.status();
  expect([status.daemonPid, status.jobs, status.activeJobs, status.runs.length]).toEqual([
    process.pid,
    1,
    1,
    1,
  ]);
  const refused = await thrown(() => desk.daemon(never, nobody));
  expect([refused.code, refused.message]).toEqual([
    "cron/busy",
    `A daemon runs already for this home: process ${process.pid}`,
  ]);
  expect(await desk.runNow(job, never)).toBeUndefined();
  stop.abort();
  await daemon;
  expect(ended.map((run) => [run.status, run.exitCode, run.deliveries.length])).toEqual([
    ["interrupted", 130, 0],
  ]);
  expect([(await desk.status()).daemonPid, await home.read(".hermes/cron/daemon.json")]).toEqual([
    undefined,
    "",
  ]);
  expect([await home.read("told.md"), (await desk.store.resolve(job.id)).nextRunAt]).toEqual([
    "",
    0,
  ]);
});

test("a webhook gets what it can check, again when it was too busy", async () => {
  await using home = await createCronHome([], "security: {allow_private_urls: true}");
  await home.write(".hermes/scripts/hi.sh", "echo hi\n");
  const requests: { body: string; headers: Headers }[] = [];
  using server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      requests.push({ body: await request.text(), headers: request.headers });
      if (requests.length > 1) return new Response("ok");
      return new Response("", { status: 503, headers: { "Retry-After": "0" } });
    },
  });
  const desk = await home.start().cron();
  const url = `http://127.0.0.1:${server.port}/hook`;
  const job = createJob({
    task: { script: "hi.sh", withAgent: false },
    deliver: [{ kind: "webhook", url }],
  });
  await desk.store.add(job);
  const ended = await desk.runNow(job, never);
  expect(ended?.deliveries).toEqual([
    { target: { kind: "webhook", url }, isDelivered: true, attempts: 2 },
  ]);
  const key = (await home.read(".hermes/cron/webhook.key")).trim();
  const [first, second] = requests;
  expect(second?.body).toBe(first?.body ?? "");
  expect(JSON.parse(second?.body ?? "")).toEqual({
    job: { id: job.id, name: "news" },
    run: ended?.id,
    status: "completed",
    exitCode: 0,
    text: "hi",
    at: expect.any(String),
  });
  const hmac = createHmac("sha256", key)
    .update(second?.body ?? "")
    .digest("hex");
  expect([
    second?.headers.get("x-hermes-signature"),
    second?.headers.get("idempotency-key"),
    (await stat(join(home.directory, ".hermes/cron/webhook.key"))).mode & 0o777,
  ]).toEqual([`sha256=${hmac}`, ended?.id, 0o600]);
});

test("targets that cannot take an outcome say why, whatever becomes of the others", async () => {
  await using home = await createCronHome();
  await home.write(".hermes/scripts/much.sh", "head -c 200000 /dev/zero | tr '\\0' x\n");
  const at = home.directory;
  const desk = await home.start().cron();
  const job = createJob({
    task: { script: "much.sh", withAgent: false },
    deliver: [
      { kind: "file", path: at },
      { kind: "file", path: "/dev/full" },
      { kind: "file", path: "below/it/told.md" },
      { kind: "command", command: "exec true" },
      { kind: "command", command: "kill -9 $$" },
      { kind: "webhook", url: "https://127.0.0.1:9/secret" },
    ],
  });
  await desk.store.add(job);
  const ended = await desk.runNow(job, never);
  expect([ended?.status, ended?.exitCode]).toEqual(["completed", 0]);
  expect(ended?.deliveries.map(({ attempts, problem }) => [attempts, problem])).toEqual([
    [0, `It is not a file: ${at}`],
    [0, "It is not a file: /dev/full"],
    [1, undefined],
    [1, undefined],
    [1, "It ended with exit code 137"],
    [
      0,
      "127.0.0.1 is on this machine or in a private network (security.allow_private_urls is false)",
    ],
  ]);
  expect((await home.read("below/it/told.md")).length).toBeGreaterThan(200_000);
  const noted = async () =>
    (await home.read(".hermes/logs/hermes.log")).split("cron.not_delivered");
  await until(async () => (await noted()).length === 5);
});

test("what fixes a failure is told with it, and kept", async () => {
  await using home = await createCronHome();
  const script = await home.write(".hermes/scripts/backup", "#!/bin/sh\necho done\n");
  const desk = await home.start().cron();
  const job = createJob({ task: { script: "backup", withAgent: false }, deliver: toFile(home) });
  await desk.store.add(job);
  const ended = await desk.runNow(job, never);
  const hint = `chmod +x ${script}`;
  expect(ended?.error).toEqual({
    code: "cron/script_refused",
    message: "The script backup is not executable",
    hint,
  });
  expect(await home.read("told.md")).toContain(`\n\nhint: ${hint}\n\n`);
  expect(await home.read((ended?.outputFile ?? "").slice(home.directory.length))).toContain(
    `\n- hint: ${hint}\n`,
  );
  expect((await desk.store.runs(job.id, { limit: 1 }))[0]?.error?.hint).toBe(hint);
});
