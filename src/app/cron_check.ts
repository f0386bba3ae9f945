import { toolsetNames } from "../tools/toolsets.ts";
import { missingCredential } from "../config/resolve_endpoint.ts";
import { didYouMean } from "../core/did_you_mean.ts";
import type { CronStore, JobTask } from "../core/cron.ts";
import { HermesError, toHermesError } from "../core/errors.ts";
import { scanThreats } from "../core/threat_scan.ts";
import { defined } from "../core/defined.ts";
import { chooseRuntime } from "./choose_runtime.ts";
import { checkDirectory, findScript } from "./cron_script.ts";
import type { AppParts } from "./parts.ts";
import { loadSkills } from "./skills.ts";

/**
 * Looks at what a task needs, before its job is added. What is odd but allowed, one sentence each.
 * @throws {HermesError} `usage/invalid`, `cron/script_refused`, `cron/not_found`
 */
export async function checkTask(
  app: AppParts,
  store: CronStore,
  task: JobTask,
): Promise<readonly string[]> {
  const { script, withAgent, workdir, prompt } = task;
  const hasPrompt = prompt.trim() !== "";
  if (!hasPrompt && script === undefined) throw wrong("A job needs a prompt or a script");
  if (!withAgent && script === undefined) throw wrong("A job without an agent needs a script");
  if (!withAgent && hasPrompt) throw wrong("A job without an agent has no use for a prompt");
  for (const id of task.contextFrom) await checkSource(store, id);
  if (workdir !== undefined) await checkDirectory(app.ports.files, workdir);
  return [
    ...(script === undefined ? [] : await scriptWarnings(app, script)),
    ...(withAgent ? await agentWarnings(app, task) : []),
  ];
}

/** What a job was given by name is there: one that is not was removed since. */
async function checkSource(store: CronStore, id: string): Promise<void> {
  if ((await store.jobs()).some((job) => job.id === id)) return;
  throw new HermesError("cron/not_found", `The job whose outcomes it takes is gone: ${id}`, {
    hint: "take it away with --clear-context-from, or name others with --context-from",
  });
}

async function scriptWarnings(app: AppParts, name: string): Promise<readonly string[]> {
  const { scriptsDirectory } = app.paths;
  const script = await findScript(app.ports.files, scriptsDirectory, name);
  const isRunnable = script.isExecutable || /\.(?:sh|bash|py)$/.test(script.path);
  return [
    ...(isRunnable ? [] : [`The script ${name} is not executable: chmod +x ${script.path}`]),
    ...(script.isOpenToOthers ? [`Anybody on this machine may change the script ${name}`] : []),
  ];
}

async function agentWarnings(app: AppParts, task: JobTask): Promise<readonly string[]> {
  const config = await app.config();
  const { warnings } = await loadSkills(app, config, task.skills);
  const known = [...toolsetNames, ...Object.keys(config.mcp_servers)];
  const toolsets = (task.toolsets ?? []).flatMap((name) => {
    if (known.includes(name)) return [];
    const near = didYouMean(name, known);
    return [`There is no toolset ${name}${near === undefined ? "" : `, did you mean ${near}?`}`];
  });
  const threats = scanThreats(task.prompt).map(
    ({ what }) => `The prompt has what instructions of an attacker would have: ${what}`,
  );
  return [...warnings, ...toolsets, ...threats, ...(await modelWarnings(app, task))];
}

/** What cannot be asked now may be by the time the job runs. */
async function modelWarnings(app: AppParts, task: JobTask): Promise<readonly string[]> {
  const { model, provider, runtime } = task;
  const options = { ...defined("provider", provider), ...defined("runtime", runtime) };
  const config = await app.config();
  // Codex signs in by itself.
  if (chooseRuntime({ config, options, stored: undefined }) === "codex_app_server") return [];
  const flags = { ...defined("model", model), ...defined("provider", provider) };
  try {
    const resolved = await app.resolveModel(flags);
    const credentials = await app.credentials(resolved);
    try {
      if (!(await credentials.get(resolved.endpoint.provider))) throw missingCredential(resolved);
    } finally {
      credentials.release?.();
    }
    return [];
  } catch (error) {
    const { code, message, hint } = toHermesError(error);
    if (code === "usage/invalid") throw error;
    const advice = hint === undefined ? "" : ` (${hint})`;
    return [`As it is now, the agent cannot run: ${message}${advice}`];
  }
}

function wrong(problem: string): HermesError {
  return new HermesError("usage/invalid", problem);
}
