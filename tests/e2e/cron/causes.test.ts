import { expect, test } from "bun:test";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import type { Job } from "../../../src/core/cron.ts";
import type { ErrorCode } from "../../../src/core/errors.ts";
import type { Env } from "../../../src/core/ports.ts";
import { createCronHome, type CronHome } from "../../fakes/cron_home.ts";
import { createJob } from "../../fakes/job.ts";
import type { StepSource } from "../../fakes/responses_server.ts";
import {
  hangBeforeHeaders,
  noCredit,
  rateLimited,
  serverError,
  textAnswer,
  unavailable,
  wrongKey,
} from "../../fakes/server_steps.ts";

const never = new AbortController().signal;

interface Cause {
  readonly name: string;
  readonly task: Partial<Job["task"]>;
  readonly exitCode: number;
  readonly code: ErrorCode;
  /** What the alert says besides. */
  readonly says: string;
  readonly step?: StepSource;
  readonly env?: Env;
  readonly prepare?: (home: CronHome) => Promise<unknown>;
}

const ask = { prompt: "What is new?" };
const run = (script: string): Partial<Job["task"]> => ({ script, withAgent: false });

const causes: readonly Cause[] = [
  {
    name: "a provider that is down",
    task: ask,
    step: serverError,
    exitCode: 1,
    code: "model/server_error",
    says: "500",
  },
  {
    name: "a provider that is too busy",
    task: ask,
    step: unavailable,
    exitCode: 75,
    code: "model/overloaded",
    says: "",
  },
  {
    name: "a rate limit",
    task: ask,
    step: rateLimited(1),
    exitCode: 75,
    code: "model/rate_limited",
    says: "",
  },
  {
    name: "an account without credit",
    task: ask,
    step: noCredit,
    exitCode: 75,
    code: "model/quota",
    says: "credit",
  },
  {
    name: "a key that is refused",
    task: ask,
    step: wrongKey,
    exitCode: 4,
    code: "auth/rejected",
    says: "",
  },
  {
    name: "a host that cannot be reached",
    task: ask,
    prepare: async (home) =>
      await home.write(
        ".hermes/config.yaml",
        'model: {provider: custom, base_url: "http://127.0.0.1:9/v1", default: m1}\nagent: {api_max_retries: 0}\n',
      ),
    exitCode: 1,
    code: "network/unreachable",
    says: "Cannot reach",
  },
  {
    name: "a provider without a key",
    task: { ...ask, provider: "openrouter", model: "m" },
    exitCode: 4,
    code: "auth/missing",
    says: "OPENROUTER_API_KEY",
  },
  {
    name: "a codex that is not there",
    task: { ...ask, runtime: "codex_app_server", provider: "openai" },
    env: { HERMES_CODEX_BIN: "/nowhere/codex" },
    exitCode: 5,
    code: "codex/missing",
    says: "/nowhere/codex",
  },
  {
    name: "a model that never answers, and a deadline",
    task: { ...ask, deadlineMs: 300 },
    step: hangBeforeHeaders,
    exitCode: 124,
    code: "turn/deadline",
    says: "deadline of 0.3 s",
  },
  {
    name: "a turn in which nothing happens",
    task: ask,
    step: hangBeforeHeaders,
    env: { HERMES_CRON_TIMEOUT: "0.3" },
    exitCode: 124,
    code: "turn/deadline",
    says: "Nothing happened for 0.3 s",
  },
  {
    name: "a skill that is gone",
    task: { ...ask, skills: ["gone"] },
    exitCode: 2,
    code: "usage/invalid",
    says: "No such skill: gone",
  },
  {
    name: "a working directory that is gone",
    task: { ...ask, workdir: "/nowhere" },
    exitCode: 2,
    code: "usage/invalid",
    says: "does not exist: /nowhere",
  },
  {
    name: "a script that fails",
    task: run("fail.sh"),
    prepare: (home) =>
      home.write(".hermes/scripts/fail.sh", "echo half\necho no disk >&2\nexit 3\n"),
    exitCode: 1,
    code: "cron/script_failed",
    says: "ended with exit code 3 (cron/script_failed)\n\nhalf\n\nno disk\n",
  },
  {
    name: "a script that is gone",
    task: run("gone.sh"),
    exitCode: 1,
    code: "cron/script_refused",
    says: "does not exist",
  },
  {
    name: "a script that nothing can run",
    task: run("old.sh"),
    prepare: (home) => home.write(".hermes/scripts/old.sh", "#!/nowhere/python2\n", 0o700),
    exitCode: 1,
    code: "cron/script_failed",
    says: "Could not start the script old.sh: the program that its #! line names is not there",
  },
  {
    name: "a script that leads out by a symlink",
    task: run("out.sh"),
    async prepare(home) {
      const target = await home.write("outside.sh", "#!/bin/sh\ntouch escaped\n", 0o700);
      await home.write(".hermes/scripts/other.sh", "true\n");
      await symlink(target, join(home.directory, ".hermes/scripts/out.sh"));
    },
    exitCode: 1,
    code: "cron/script_refused",
    says: "leads out of the directory of scripts",
  },
  {
    name: "a script that hangs",
    task: run("hang.sh"),
    prepare: (home) => home.write(".hermes/scripts/hang.sh", "sleep 600 & sleep 600\n"),
    env: { HERMES_CRON_SCRIPT_TIMEOUT: "0.3" },
    exitCode: 124,
    code: "turn/deadline",
    says: "took longer than 0.3 s",
  },
  {
    name: "an outcome that cannot be written",
    task: ask,
    prepare: (home) => home.write(".hermes/cron/output", "in the way"),
    exitCode: 1,
    code: "file/unwritable",
    says: "Good news",
  },
];

test.each(causes.map((cause) => [cause.name, cause] as const))(
  "%s is a failed run with an alert that says so",
  async (_name, { task, exitCode, code, says, step, env, prepare }) => {
    await using home = await createCronHome([step ?? textAnswer("Good news")]);
    await prepare?.(home);
    const desk = await home.start(env).cron();
    const told = join(home.directory, "told.md");
    const job = createJob({ task, deliver: [{ kind: "file", path: told }] });
    await desk.store.add(job);
    const ended = await desk.runNow(job, never);
    expect([ended?.status, ended?.exitCode, ended?.error?.code]).toEqual([
      "failed",
      exitCode,
      code,
    ]);
    const alert = await home.read("told.md");
    expect(alert).toContain(`⚠️ The job "news" failed: ${ended?.error?.message} (${code})`);
    expect(alert).toContain(says);
    expect(alert).toEndWith("\n\nhermes cron history 0123456789ab\n\n");
    expect(await desk.store.runs(job.id, { limit: 9 })).toEqual(ended ? [ended] : []);
  },
);
