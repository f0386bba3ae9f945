/** Runs the jobs of a home until it is killed: `bun tests/e2e/cron/daemon_program.ts HOME`. Says when it begins. */
import { createApp } from "../../../src/app.ts";
import { createPorts } from "../../../src/platform/ports.ts";

const [home] = process.argv.slice(2);
const ports = createPorts();
const app = createApp({ ...ports, env: { ...ports.env, HERMES_HOME: home } }, { overrides: [] });
const desk = await app.cron();
const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
console.log("ready");
await desk.daemon(stop.signal, () => undefined);
await app[Symbol.asyncDispose]();
