import { join } from "node:path/posix";
import { buildCodexInstructions, isCodexPromptFor } from "../agent/instructions.ts";
import { createCodexRuntime } from "../codex/runtime.ts";
import {
  type CodexProcessDeps,
  type CodexProgram,
  findCodex,
  startCodex,
} from "../codex/process.ts";
import { type CodexStatus, readCodexStatus } from "../codex/status.ts";
import { defaults } from "../config/defaults.ts";
import type { Config } from "../config/schema.ts";
import { defined } from "../core/defined.ts";
import type { Backend, BackendRequest } from "./backend.ts";
import { codexProvider } from "./choose_runtime.ts";
import { ownThreadServer, threadServers } from "./codex_servers.ts";
import type { AppParts } from "./parts.ts";
import { toolsOfToolset } from "../tools/toolsets.ts";
import { openToolbox, type Toolbox } from "./toolbox.ts";

/** The model of a session whose model codex chooses by itself. */
const codexsOwn = "auto";

/** What codex has no tool for; the rest of ours it does with its own, in its own sandbox. */
const lacking: ReadonlySet<string> = new Set([...toolsOfToolset("codex"), "clarify"]);

/** The effort that the configuration has when nobody chose one: codex's own choice holds then. */
const unchosenEffort = "medium";

/**
 * Codex, with its own tools and its own sign-in. Starts nothing before the first turn, but knows that it is there.
 * @throws {HermesError} `codex/missing`, `usage/invalid`
 */
export async function openCodexBackend(app: AppParts, request: BackendRequest): Promise<Backend> {
  const { config, options, redactor } = request;
  const { ports } = app;
  const found = codexProgram(app, await codexBin(app, config), options.cwd);
  await findCodex(ports.spawner, found);
  const { servers, env, added, toolsets, switchedOff } = await threadServers(app, request);
  const program = { ...found, env: { ...found.env, ...env } };
  // Where only servers are named, none of our own tools is meant.
  const isWithoutTools = (options.toolsets?.length ?? 0) > 0 && toolsets?.length === 0;
  const { toolsets: _named, ...others } = options;
  const toolbox = await openToolbox(app, {
    config,
    options: { ...others, ...(toolsets !== undefined && !isWithoutTools && { toolsets }) },
  });
  const isExposed = config.codex.expose_hermes_tools && !isWithoutTools;
  const tools = isExposed ? toolbox.tools.filter((tool) => lacking.has(tool.spec.name)) : [];
  const toolNames = tools.map((tool) => tool.spec.name);
  const prompt = await promptFor(request, { toolbox, toolNames });
  const ownServer = tools.length > 0 ? ownThreadServer(app, toolNames) : undefined;
  const model = modelOf(request);
  const effort = options.reasoningEffort ?? config.model.reasoning_effort;
  const runtime = createCodexRuntime(
    {
      start: () => startCodex(processDeps(app), program),
      clock: ports.clock,
      tools,
      servers,
      ...defined("ownServer", ownServer),
      mask: (text) => redactor.boundary(text),
    },
    {
      version: ports.host.version,
      limits: limitsOf(config),
      toolsBy: config.codex.hermes_tools,
      serverVariables: added,
      ...defined("requiredServers", options.requireMcp),
      ...(model === undefined ? {} : { model }),
      ...(options.reasoningEffort === undefined && effort === unchosenEffort ? {} : { effort }),
      ...(config.model.service_tier === "" ? {} : { serviceTier: config.model.service_tier }),
    },
  );
  // Codex's own model cannot be asked from here: what is named for a task can.
  const auxiliary =
    Object.keys(config.auxiliary).length === 0
      ? undefined
      : await (
          await import("./auxiliary_routes.ts")
        ).openNamedAuxiliary(app, {
          config,
          keep: request.keepSide,
        });
  return {
    name: "codex_app_server",
    provider: codexProvider,
    model: model ?? codexsOwn,
    runtime,
    ...defined("auxiliary", auxiliary),
    async *compressNow(session, focus, signal) {
      if (focus !== undefined) {
        const text = "codex decides by itself what matters: the focus has no effect";
        yield { type: "notice", level: "warning", text };
      }
      yield* runtime.compact(session, signal);
    },
    instructions: prompt.instructions,
    toolNames,
    warnings: [
      ...toolbox.warnings,
      ...switchedOff.map((name) => `Unknown toolset, ignored: ${name}`),
      ...prompt.warnings,
      ...(options.maxSteps === undefined
        ? []
        : ["codex counts no steps: --max-turns has no effect"]),
    ],
    async [Symbol.asyncDispose]() {
      await runtime[Symbol.asyncDispose]();
      await toolbox[Symbol.asyncDispose]();
      auxiliary?.[Symbol.dispose]();
    },
  };
}

/** The stored prompt byte for byte, unless it says what is not true any more: what a session knows stays as it was. */
async function promptFor(
  { options, stored }: BackendRequest,
  { toolbox, toolNames }: { readonly toolbox: Toolbox; readonly toolNames: readonly string[] },
): Promise<{ readonly instructions: string; readonly warnings: readonly string[] }> {
  const facts = { isInteractive: options.ask !== undefined, toolNames };
  const isTrue =
    stored?.runtime === "codex_app_server" && isCodexPromptFor(stored.instructions, facts);
  if (isTrue) return { instructions: stored.instructions, warnings: [] };
  const { sections, warnings } = await toolbox.memory();
  return { instructions: buildCodexInstructions({ ...facts, memory: sections }), warnings };
}

/** What codex says of itself. */
export async function readStatus(app: AppParts, signal: AbortSignal): Promise<CodexStatus> {
  const [config, redactor] = await Promise.all([app.config(), app.redactor()]);
  const { host } = app.ports;
  const deps = {
    ...processDeps(app),
    mask: (text: string) => redactor.boundary(text),
    version: host.version,
  };
  const program = codexProgram(app, await codexBin(app, config), host.cwd);
  return await readCodexStatus(deps, program, signal);
}

/** The path of the codex that turns would run on; undefined where there is none. */
export async function codexExecutable(app: AppParts, config: Config): Promise<string | undefined> {
  return await app.ports.spawner.find((await codexBin(app, config)).bin);
}

function processDeps({ ports }: AppParts): CodexProcessDeps {
  const { spawner, files, processes, clock, host } = ports;
  return { spawner, files, processes, clock, host };
}

type NamedBin = Pick<CodexProgram, "bin" | "namedBy">;

function codexProgram({ ports, paths }: AppParts, named: NamedBin, cwd: string): CodexProgram {
  return { ...named, cwd, env: ports.env, recordsDirectory: join(paths.home, "run", "codex") };
}

/** The codex to run: the environment's, else the configured one. */
async function codexBin(app: Pick<AppParts, "env">, config: Config): Promise<NamedBin> {
  const variable = "HERMES_CODEX_BIN";
  const named = (await app.env())[variable]?.trim() ?? "";
  if (named !== "") return { bin: named, namedBy: variable };
  const { bin } = config.codex;
  return bin === defaults.codex.bin ? { bin } : { bin, namedBy: "codex.bin in config.yaml" };
}

/** The model that somebody chose for codex; undefined leaves it to codex. */
function modelOf({ config, options, stored }: BackendRequest): string | undefined {
  if (options.model !== undefined) return withoutVendor(options.model);
  if (stored?.runtime === "codex_app_server") {
    return stored.model === codexsOwn ? undefined : stored.model;
  }
  const { provider, base_url: address, default: configured } = config.model;
  const isForCodex = /^(?:auto|openai|openai-codex|codex)?$/.test(provider) && address === "";
  return isForCodex && configured !== "" ? withoutVendor(configured) : undefined;
}

function withoutVendor(model: string): string {
  return model.replace(/^openai(?:-codex)?\//, "");
}

function limitsOf({ codex }: Config) {
  return {
    turnMs: codex.turn_timeout_seconds * 1_000,
    silenceMs: codex.silence_seconds * 1_000,
    thinkingMs: codex.thinking_silence_seconds * 1_000,
    offlineMs: codex.offline_timeout_seconds * 1_000,
  };
}
