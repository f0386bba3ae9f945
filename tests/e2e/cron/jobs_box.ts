import { Database } from "bun:sqlite";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ResponsesServer, startResponsesServer } from "../../fakes/responses_server.ts";
import type { ServerStep } from "../../fakes/server_steps.ts";
import {
  configFor,
  createSandbox,
  type Ended,
  type Sandbox,
  type StartOptions,
} from "../sandbox.ts";

/** A home with jobs, scripts and a model to ask, for the compiled binary. */
export interface JobsBox extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly model: ResponsesServer;
  /** `hermes cron ...`. */
  cron(args: readonly string[], options?: StartOptions): Promise<Ended>;
  /** stdout of `hermes cron ... --json`, which must succeed. */
  json(...args: readonly string[]): Promise<Document>;
  /** Adds a job; its id. */
  add(...args: readonly string[]): Promise<string>;
  /** A script that jobs may run. */
  script(name: string, text: string): Promise<void>;
  /** A file of the working directory; "" where there is none. */
  read(name: string): Promise<string>;
  /** Lets the time of a job have come, without waiting for it. */
  makeDue(id: string): void;
}

/** A JSON document, read loosely: what a test expects of it is compared as a whole. */
// oxlint-disable-next-line no-explicit-any
export type Document = any;

export async function createJobsBox(steps: readonly ServerStep[] = []): Promise<JobsBox> {
  const sandbox = await createSandbox();
  const model = await startResponsesServer({ steps, repeat: steps.length > 0 });
  await sandbox.configure(configFor(model.url));
  const scripts = join(sandbox.home, "scripts");
  await mkdir(scripts, { recursive: true });
  const box: JobsBox = {
    sandbox,
    model,
    cron: (args, options) => sandbox.run(["cron", ...args], options),
    async json(...args) {
      const { code, stdout, stderr } = await box.cron([...args, "--json"]);
      if (code !== 0) throw new Error(`Exit code ${code}: ${stderr}`);
      return JSON.parse(stdout);
    },
    add: async (...args) => (await box.json("add", ...args)).job.id,
    async script(name, text) {
      await writeFile(join(scripts, name), text);
      await chmod(join(scripts, name), 0o700);
    },
    read: (name) => readFile(join(sandbox.work, name), "utf8").catch(() => ""),
    makeDue(id) {
      using database = new Database(join(sandbox.home, "cron/jobs.db"));
      database.run("PRAGMA busy_timeout = 5000");
      database.run("UPDATE jobs SET next_run_at = ? WHERE id = ?", [Date.now() - 1_000, id]);
    },
    async [Symbol.asyncDispose]() {
      await model[Symbol.asyncDispose]();
      await sandbox[Symbol.asyncDispose]();
    },
  };
  return box;
}
