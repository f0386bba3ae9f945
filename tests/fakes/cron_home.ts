import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type App, createApp } from "../../src/app.ts";
import type { Env } from "../../src/core/ports.ts";
import { createPorts } from "../../src/platform/ports.ts";
import { type ResponsesServer, startResponsesServer, type StepSource } from "./responses_server.ts";

/** A home of its own with a model to ask: the whole program on the real machine. */
export interface CronHome extends AsyncDisposable {
  /** The user's home directory; hermes's own is `.hermes` in it. */
  readonly directory: string;
  readonly model: ResponsesServer;
  /** The program, started as often as one likes. */
  start(env?: Env): App;
  /** Writes a file below the directory. */
  write(path: string, text: string, mode?: number): Promise<string>;
  /** A file below the directory; "" where there is none. */
  read(path: string): Promise<string>;
}

/** Makes one; `config` goes behind what names the model. */
export async function createCronHome(
  steps: readonly StepSource[] = [],
  config = "",
): Promise<CronHome> {
  const directory = await mkdtemp(join(tmpdir(), "hermes-cron-"));
  const model = await startResponsesServer({ steps, repeat: steps.length > 0 });
  const apps: App[] = [];
  const home: CronHome = {
    directory,
    model,
    start(env = {}) {
      const ports = createPorts();
      const app = createApp(
        {
          ...ports,
          host: { ...ports.host, homeDirectory: directory, cwd: directory },
          env: { PATH: process.env["PATH"], HOME: directory, ...env },
        },
        { overrides: [] },
      );
      apps.push(app);
      return app;
    },
    async write(path, text, mode = 0o600) {
      const file = join(directory, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
      await chmod(file, mode);
      return file;
    },
    read: (path) => readFile(join(directory, path), "utf8").catch(() => ""),
    async [Symbol.asyncDispose]() {
      for (const app of apps) await app[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
  await home.write(
    ".hermes/config.yaml",
    [
      `model: {provider: custom, base_url: "${model.url}", default: m1, api_mode: codex_responses}`,
      "agent: {api_max_retries: 0}",
      config,
    ].join("\n"),
  );
  return home;
}
