import { compressOnDemand } from "../agent/compression/on_demand.ts";
import {
  buildInstructions,
  findProjectFile,
  isAttended,
  localDate,
  projectFileProblem,
} from "../agent/instructions.ts";
import { createLoopRuntime, type LoopDeps } from "../agent/loop.ts";
import { windowOf } from "../config/context_windows.ts";
import type { AuxiliaryModel } from "../core/auxiliary.ts";
import { defined } from "../core/defined.ts";
import type { ModelTransport } from "../core/model.ts";
import { type OpenAuxiliary, openAuxiliary } from "./auxiliary_routes.ts";
import type { Backend, BackendRequest } from "./backend.ts";
import { type CompressionParts, openCompressor } from "./compression.ts";
import { openDelegation } from "./delegation.ts";
import { openModel } from "./fallback.ts";
import { newItemId } from "./ids.ts";
import { guardSettingsOf } from "./loop_rules.ts";
import { type McpTools, openMcpTools } from "./mcp_tools.ts";
import { openRecorder, openReplay } from "./model_side.ts";
import type { AppParts } from "./parts.ts";
import { resolveForSession } from "./session_endpoint.ts";
import { skillsSection } from "./skills.ts";
import { openToolbox, type Toolbox } from "./toolbox.ts";

/** What a conversation asks: an endpoint, or a recording in its place. */
interface ModelSide {
  readonly provider: string;
  readonly model: string;
  readonly baseUrl?: string;
  /** Whose context it is, with the tokens that it can hold; absent where nobody knows. */
  readonly context?: CompressionParts["model"];
  readonly transport: ModelTransport;
  readonly warnings: readonly string[];
  /** For small calls beside turns. */
  readonly auxiliary: AuxiliaryModel & Partial<Pick<OpenAuxiliary, "used">>;
  /** Ends the use of what opens the endpoints. */
  readonly release?: () => void;
}

/** Our own loop over a model endpoint, with our own tools. */
export async function openLoopBackend(app: AppParts, from: BackendRequest): Promise<Backend> {
  const side = await openModelSide(app, from);
  let mcp: McpTools | undefined;
  try {
    mcp = await openMcpTools(app, from);
    return await withTools(app, from, { side, mcp });
  } catch (error) {
    await mcp?.[Symbol.asyncDispose]();
    side.release?.();
    throw error;
  }
}

async function withTools(
  app: AppParts,
  from: BackendRequest,
  { side, mcp }: { readonly side: ModelSide; readonly mcp: McpTools },
): Promise<Backend> {
  const delegate = openDelegation(app, {
    request: from,
    provider: side.provider,
    model: side.model,
    toolsets: mcp.toolsets,
    loop: () => loop,
    compressorFor: () =>
      compressing &&
      (({ sessionId, instructions }) => {
        let parts = 1;
        return openCompressor({
          ...compressing,
          instructions: async () => instructions,
          // What is kept of its long results is found by the name of the child.
          newSessionId: () => `${sessionId}-${++parts}`,
        });
      }),
  });
  const toolbox = await openToolbox(app, { ...from, delegate }, mcp);
  const prompt = await promptFor(app, { ...from, side, toolbox });
  const loop: LoopDeps = {
    transport: side.transport,
    tools: toolbox.tools,
    clock: app.ports.clock,
    spill: toolbox.spill,
    newId: newItemId,
    files: app.ports.files,
    guardSettings: guardSettingsOf(from.config),
  };
  const specs = toolbox.tools.map((tool) => tool.spec);
  const { auxiliary, context } = side;
  const compressing = context && {
    config: from.config,
    clock: app.ports.clock,
    auxiliary,
    tools: toolbox.sessions,
    model: context,
    redact: (text: string) => from.redactor.content(text),
  };
  const compressor =
    compressing &&
    openCompressor({
      ...compressing,
      store: from.store,
      // As it is in a session that begins: the memory by now, the date of today.
      instructions: async () =>
        (await promptFor(app, { ...from, stored: undefined, side, toolbox })).instructions,
    });
  const runtime = createLoopRuntime(compressor === undefined ? loop : { ...loop, compressor });
  return {
    name: "loop",
    provider: side.provider,
    model: side.model,
    ...(side.baseUrl === undefined ? {} : { baseUrl: side.baseUrl }),
    runtime,
    loop,
    auxiliary,
    ...(compressor === undefined ? {} : { compressNow: compressOnDemand(compressor, specs) }),
    instructions: prompt.instructions,
    toolNames: toolbox.tools.map((tool) => tool.spec.name),
    warnings: [...side.warnings, ...toolbox.warnings, ...prompt.warnings],
    takeNotices: () => mcp.takeNotices(),
    async [Symbol.asyncDispose]() {
      await mcp[Symbol.asyncDispose]();
      await toolbox[Symbol.asyncDispose]();
      await runtime[Symbol.asyncDispose]();
      side.release?.();
    },
  };
}

async function openModelSide(
  app: AppParts,
  { config, options, redactor, stored, keepSide }: BackendRequest,
): Promise<ModelSide> {
  const { files, clock, host } = app.ports;
  if (options.replay) {
    // Off a terminal nobody watches: the recorded pauses would only cost time.
    const pace = options.replay.kind === "demo" && app.ports.terminal.stdout.isTty ? 1 : 0;
    const replay = await openReplay({ files, clock, redactor }, options.replay, {
      cwd: options.cwd,
      pace,
    });
    const model = options.model ?? stored?.model ?? "recorded";
    return {
      provider: options.replay.kind === "demo" ? "demo" : "replay",
      model,
      transport: replay.transport,
      auxiliary: replay.auxiliary,
      ...defined("context", replay.model),
      warnings: [],
    };
  }
  const flags = flagsOf(options);
  const resolved = stored
    ? await resolveForSession((given) => app.resolveModel(given), flags, stored)
    : await app.resolveModel(flags);
  const { endpoint, model } = resolved;
  const { transport, connect, release } = await openModel(app, config, resolved);
  const place = { provider: endpoint.provider, model, baseUrl: endpoint.baseUrl };
  const context = { ...place, contextLength: windowOf(resolved) };
  const auxiliary = openAuxiliary(app, {
    config,
    main: { ...place, connect: () => connect(1) },
    log: await app.log(),
    keep: keepSide,
  });
  const recorder =
    options.record === undefined
      ? undefined
      : await openRecorder(
          { files, clock, redactor, hermesVersion: host.version },
          { path: options.record, cwd: options.cwd, model: context },
        );
  return {
    ...place,
    context,
    transport: recorder?.transport(transport) ?? transport,
    auxiliary: { ...auxiliary, ...recorder?.auxiliary(auxiliary) },
    warnings: resolved.warnings,
    release() {
      auxiliary[Symbol.dispose]();
      release();
    },
  };
}

function flagsOf({ model, provider, baseUrl }: BackendRequest["options"]) {
  return {
    ...(model === undefined ? {} : { model }),
    ...(provider === undefined ? {} : { provider }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
  };
}

interface Prompt {
  readonly instructions: string;
  /** What was left out of it. */
  readonly warnings: readonly string[];
}

/** The stored prompt byte for byte, so that prompt caches are hit, unless it says what is not true any more. */
async function promptFor(
  app: AppParts,
  from: BackendRequest & { readonly side: ModelSide; readonly toolbox: Toolbox },
): Promise<Prompt> {
  const { options, stored, side, toolbox } = from;
  const { ports } = app;
  const isInteractive = options.ask !== undefined;
  const isTrue =
    stored?.model === side.model &&
    stored.instructions !== "" &&
    stored.provider === side.provider &&
    stored.cwd === options.cwd &&
    isAttended(stored.instructions) === isInteractive;
  if (isTrue) return { instructions: stored.instructions, warnings: [] };
  // The demo shows what it was recorded with, whoever looks at it.
  const isDemo = options.replay?.kind === "demo";
  const [projectFile, skills, memory] = await Promise.all([
    findProjectFile(ports.files, options.cwd),
    skillsSection(app, from),
    isDemo ? { sections: [], warnings: [] } : toolbox.memory(),
  ]);
  const instructions = buildInstructions({
    cwd: options.cwd,
    system: `${ports.host.operatingSystem} ${ports.host.architecture}`,
    date: localDate(ports.clock),
    provider: side.provider,
    model: side.model,
    toolNames: toolbox.tools.map((tool) => tool.spec.name),
    isInteractive,
    ...(skills === "" ? {} : { skills }),
    memory: memory.sections,
    ...(projectFile ? { projectFile } : {}),
  });
  const problem = projectFile && projectFileProblem(projectFile);
  const left = problem && `${projectFile.path} is left out of the prompt: ${problem}`;
  return { instructions, warnings: [...(left ? [left] : []), ...memory.warnings] };
}
