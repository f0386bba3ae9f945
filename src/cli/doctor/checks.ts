import type { App } from "../../app.ts";
import { isUsable } from "../../auth/grant.ts";
import type { KnownGrant } from "../../auth/logins.ts";
import { refusal } from "../../auth/pool_refusals.ts";
import { chooseRuntime } from "../../app/choose_runtime.ts";
import type { CodexAccount } from "../../codex/client.ts";
import { checkConfig } from "../../config/check.ts";
import type { McpServer } from "../../config/mcp_servers.ts";
import { loadConfig } from "../../config/load.ts";
import { invalidConfig } from "../../config/problem.ts";
import { missingCredential, type ResolvedModel } from "../../config/resolve_endpoint.ts";
import { errnoOf, HermesError, toHermesError } from "../../core/errors.ts";
import { grantState } from "../commands/auth/grant_text.ts";
import { findRunner } from "../commands/cron/nobody_runs.ts";
import { counted } from "../../core/counted.ts";
import { oneLine } from "../render/plain.ts";

/** One thing that was looked at. */
export interface Check {
  readonly name: string;
  /** A warning costs something, a failure keeps turns from running. */
  readonly status: "ok" | "warning" | "failed";
  readonly detail: string;
  /** What fixes it. */
  readonly hint?: string;
  /** Present where it failed. */
  readonly error?: HermesError;
}

export interface CheckOptions {
  /** Whether the endpoint is asked. */
  readonly online: boolean;
  readonly overrides: readonly string[];
}

/** Looks at everything that a turn needs, in the order in which a turn needs it; changes nothing. */
export async function runChecks(app: App, options: CheckOptions): Promise<readonly Check[]> {
  const { host } = app.ports;
  const checks: Check[] = [
    ok("version", `${host.version} on ${host.operatingSystem} ${host.architecture}`),
    await attempt("home", () => checkHome(app)),
    await attempt("configuration", () => checkConfiguration(app, options.overrides)),
    await attempt("sessions", () => checkStore(app)),
  ];
  checks.push(
    ...((await runsOnCodex(app)) ? [await checkCodex(app)] : await checkModel(app, options)),
  );
  checks.push(...(await checkServers(app)), ...(await checkJobs(app)));
  for (const program of programs) checks.push(await checkProgram(app, program));
  checks.push(describeTerminal(app));
  return checks;
}

/** Whether turns run on codex where nothing else is said; a configuration that cannot be read has failed by itself. */
async function runsOnCodex(app: App): Promise<boolean> {
  const config = await app.config().catch(() => undefined);
  if (config === undefined) return false;
  return chooseRuntime({ config, options: {}, stored: undefined }) === "codex_app_server";
}

/** The program that asks the model, with its own sign-in: no endpoint and no credential of ours has a part in it. */
async function checkCodex(app: App): Promise<Check> {
  return await attempt("codex", async () => {
    const status = await app.codexStatus(new AbortController().signal);
    if (status.failure) throw status.failure;
    const { path, version, account, warnings } = status;
    const known = [`${path ?? "codex"} ${version ?? ""}`.trim(), signInText(account)];
    const [first] = warnings;
    if (first === undefined) return { status: "ok", detail: known.join(", ") };
    return {
      status: "warning",
      detail: `${known.join(", ")}: ${oneLine(first)}`,
      hint: "hermes codex status lists all",
    };
  });
}

function signInText(account: CodexAccount | undefined): string {
  if (account === undefined) return "sign-in unknown";
  return account.kind === undefined ? "no sign-in needed" : `signed in (${account.kind})`;
}

async function checkModel(app: App, options: CheckOptions): Promise<readonly Check[]> {
  const checks: Check[] = [];
  let resolved: ResolvedModel | undefined;
  checks.push(
    await attempt("endpoint", async () => {
      resolved = await app.resolveModel({});
      return describeEndpoint(resolved);
    }),
  );
  if (resolved) {
    const known = resolved;
    checks.push(await attempt("credential", () => checkCredential(app, known)));
    if (options.online) checks.push(await attempt("connection", () => checkConnection(app, known)));
  }
  return checks;
}

function ok(name: string, detail: string): Check {
  return { name, status: "ok", detail };
}

/** A check by its name; what it throws is its failure. */
async function attempt(name: string, look: () => Promise<Omit<Check, "name">>): Promise<Check> {
  try {
    return { name, ...(await look()) };
  } catch (thrown) {
    const error = toHermesError(thrown);
    const { message: detail, hint } = error;
    return { name, status: "failed", detail, error, ...(hint === undefined ? {} : { hint }) };
  }
}

type Result = Omit<Check, "name">;

async function checkHome({ paths, ports }: App): Promise<Result> {
  const { home } = paths;
  let found: Awaited<ReturnType<typeof ports.files.stat>>;
  try {
    found = await ports.files.stat(home);
  } catch (error) {
    const reason = errnoOf(error) ?? String(error);
    throw new HermesError("config/unreadable", `Cannot look at the home: ${home} (${reason})`, {
      cause: error,
      hint: `look at its owner and mode: ls -ld ${home}`,
    });
  }
  if (!found) return { status: "ok", detail: `${home} (will be created when it is needed)` };
  if (found.kind !== "directory") {
    throw new HermesError("config/unreadable", `The home is not a directory: ${home}`, {
      hint: "set HERMES_HOME to a directory",
    });
  }
  const { userId } = ports.host;
  const isWritable = userId === 0 || (found.owner === userId && (found.mode & 0o300) === 0o300);
  if (!isWritable) {
    return {
      status: "warning",
      detail: `${home} may not be writable for this user`,
      hint: `look at its owner and mode: ls -ld ${home}`,
    };
  }
  if ((found.mode & 0o077) !== 0) {
    return {
      status: "warning",
      detail: `${home} can be read by others`,
      hint: `chmod 700 ${home}`,
    };
  }
  return { status: "ok", detail: home };
}

async function checkConfiguration(app: App, overrides: readonly string[]): Promise<Result> {
  const { env, files } = app.ports;
  const { configFile } = app.paths;
  const problems = await checkConfig({ files, env }, app.paths);
  const invalid = invalidConfig(problems);
  if (invalid) throw invalid;
  // Overrides are checked when they are applied.
  await loadConfig({ files, env: await app.env() }, app.paths, overrides);
  const [first] = problems;
  if (first) {
    const more = problems.length === 1 ? "" : ` (and ${problems.length - 1} more)`;
    return {
      status: "warning",
      detail: `${first.message}${more}`,
      hint: "hermes config check lists all",
    };
  }
  const isThere = (await files.stat(configFile)) !== undefined;
  return { status: "ok", detail: isThere ? configFile : "defaults, there is no config.yaml" };
}

async function checkStore(app: App): Promise<Result> {
  const { sessionsFile } = app.paths;
  if ((await app.ports.files.stat(sessionsFile)) === undefined) {
    return { status: "ok", detail: "none yet" };
  }
  const [latest] = await (await app.sessions()).list({ limit: 1 });
  const { schemaVersion } = await import("../../storage/migrate.ts");
  const detail = `${sessionsFile}, schema ${schemaVersion}`;
  return { status: "ok", detail: latest ? detail : `${detail}, no session in it` };
}

function describeEndpoint({ endpoint, label, model, warnings }: ResolvedModel): Result {
  const detail = `${model} of ${label} at ${endpoint.baseUrl} (${endpoint.wireApi})`;
  const [warning] = warnings;
  return warning === undefined
    ? { status: "ok", detail }
    : { status: "warning", detail: `${detail}: ${warning}` };
}

async function checkCredential(app: App, resolved: ResolvedModel): Promise<Result> {
  const { pool } = resolved;
  const kept = pool === undefined ? [] : await (await app.logins()).list(pool);
  // Looking renews nothing.
  if (kept.length > 0) {
    const result = describeLogins(kept, app.ports.clock.now());
    const [warning] = await (await app.logins()).warnings();
    if (warning === undefined || result.status !== "ok") return result;
    return { status: "warning", detail: `${result.detail}; ${warning}` };
  }
  const credential = await (await app.credentials(resolved)).get(resolved.endpoint.provider);
  if (!credential) throw missingCredential(resolved);
  return { status: "ok", detail: credential.origin };
}

/** @throws {HermesError} why none of them would be sent */
function describeLogins(kept: readonly KnownGrant[], now: number): Result {
  const ready = kept.filter(({ grant }) => isUsable(grant, now));
  const [usable] = ready;
  if (usable) {
    const detail = `login ${oneLine(usable.grant.label)}, ${ready.length} of ${kept.length} ready`;
    return { status: "ok", detail };
  }
  const grants = kept.map(({ grant }) => grant);
  const error = refusal(grants, now);
  if (error) throw error;
  const states = grants.map((grant) => `${oneLine(grant.label)}: ${grantState(grant, now)}`);
  return { status: "warning", detail: `${states.join(", ")}; tried all the same` };
}

async function checkConnection(app: App, { endpoint, model }: ResolvedModel): Promise<Result> {
  const started = app.ports.clock.monotonic();
  const models = await app.listModels({}, new AbortController().signal);
  const ms = Math.round(app.ports.clock.monotonic() - started);
  const detail = `${endpoint.baseUrl} lists ${counted(models.length, "model")}, in ${ms} ms`;
  if (models.length === 0 || models.includes(model)) return { status: "ok", detail };
  return {
    status: "warning",
    detail: `${detail}; ${model} is not among them`,
    hint: "hermes model list shows them",
  };
}

/** The MCP servers that turns would start, as far as can be told without starting any; nothing where there is none. */
async function checkServers(app: App): Promise<readonly Check[]> {
  const config = await app.config().catch(() => undefined);
  if (!Object.values(config?.mcp_servers ?? {}).some(({ enabled }) => enabled)) return [];
  const check = await attempt("MCP servers", async () => {
    const desk = await app.mcp();
    const servers = (await desk.servers()).filter(({ settings }) => settings.enabled);
    const looked = await Promise.all(
      servers.map(async (server) => ({
        name: server.name,
        problem: (await desk.problem(server)) ?? (await missingProgram(app, server)),
      })),
    );
    const [first, ...others] = looked.filter(({ problem }) => problem !== undefined);
    if (!first) return { status: "ok", detail: looked.map(({ name }) => name).join(", ") };
    const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
    return {
      status: "warning",
      detail: oneLine(`${first.problem}${more}`),
      hint: "hermes mcp test tries all",
    };
  });
  return [check];
}

/** Whether anything runs the jobs that wait for it: nothing else would tell. Nothing where there never was a job. */
async function checkJobs(app: App): Promise<readonly Check[]> {
  const isThere = await app.ports.files.stat(app.paths.cron.jobsFile).catch(() => true);
  if (!isThere) return [];
  const check = await attempt("jobs", async () => {
    const desk = await app.cron();
    const { activeJobs } = await desk.status();
    const { isThere: isRun, daemonPid } = await findRunner(app, { app, desk });
    const count = `${activeJobs} active`;
    if (activeJobs > 0 && !isRun) {
      return {
        status: "warning",
        detail: `${count}, and nothing runs them`,
        hint: "hermes cron install, or hermes cron daemon",
      };
    }
    if (!isRun) return { status: "ok", detail: count };
    const runner = daemonPid === undefined ? "hermes cron tick" : `process ${daemonPid}`;
    return { status: "ok", detail: `${count}, run by ${runner}` };
  });
  return [check];
}

/** Only for a bare name that is looked for where hermes itself looks. */
async function missingProgram(
  { ports }: App,
  { name, settings }: McpServer,
): Promise<string | undefined> {
  const { command, env } = settings;
  if (command === "" || command.includes("/") || Object.hasOwn(env, "PATH")) return undefined;
  if ((await ports.spawner.find(command)) !== undefined) return undefined;
  return `MCP server ${name} cannot be started: ${command} is not on PATH`;
}

interface Program {
  readonly name: string;
  /** What is missed without it. */
  readonly loss: string;
}

const programs: readonly Program[] = [
  { name: "bash", loss: "commands run with sh" },
  { name: "git", loss: "the model cannot use version control" },
  { name: "rg", loss: "searching files is slower" },
];

async function checkProgram({ ports }: App, { name, loss }: Program): Promise<Check> {
  const path = await ports.spawner.find(name);
  if (path !== undefined) return ok(name, path);
  return { name, status: "warning", detail: `not on PATH: ${loss}`, hint: `install ${name}` };
}

function describeTerminal({ ports }: App): Check {
  const { stdin, stdout, stderr } = ports.terminal;
  const columns = stdout.isTty ? stdout.columns() : undefined;
  const facts = [
    `stdin ${stdin.kind}`,
    stdout.isTty ? `stdout a terminal of ${columns ?? "unknown"} columns` : "stdout no terminal",
    stderr.isTty ? "stderr a terminal" : "stderr no terminal",
    `TERM ${ports.env["TERM"] ?? "not set"}`,
    ...(ports.env["NO_COLOR"] ? ["NO_COLOR set"] : []),
  ];
  return ok("terminal", facts.join(", "));
}
