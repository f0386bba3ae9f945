import { type McpServer as Configured, mcpServersOf } from "../config/mcp_servers.ts";
import { didYouMean } from "../core/did_you_mean.ts";
import { HermesError, toHermesError } from "../core/errors.ts";
import type { Tool } from "../core/tool.ts";
import type { McpServer } from "../mcp/client.ts";
import { toolsetNames } from "../tools/toolsets.ts";
import type { BackendRequest } from "./backend.ts";
import { secretsIn, specOf, withLogin } from "./mcp_specs.ts";
import type { AppParts } from "./parts.ts";

/** The tools of the user's MCP servers, for one conversation. */
export interface McpTools extends AsyncDisposable {
  readonly tools: readonly Tool[];
  /** Names of the servers as toolsets, with the tools of each; one that failed has none. */
  readonly toolsets: ReadonlyMap<string, readonly string[]>;
  /** Why servers are not there, by name. */
  readonly failures: ReadonlyMap<string, HermesError>;
  /** What is to be told since the last time, one sentence each. */
  takeNotices(): readonly string[];
}

const none: McpTools = {
  tools: [],
  toolsets: new Map(),
  failures: new Map(),
  takeNotices: () => [],
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

/** Nobody wonders about a wait that is shorter, in milliseconds. */
const quietMs = 1_500;

/** More tools than this are refused as a whole by some endpoints (OpenAI: 128), ours among them. */
const manyTools = 110;

/**
 * Starts the servers that a conversation uses, all at the same time, and waits until each is ready or has failed: the list of
 * tools stays as it is then, since every change of it would cost the endpoint's prompt cache. A server that fails is told of,
 * and stops nothing.
 * @throws {HermesError} `mcp/unavailable` for a server of `requireMcp` that cannot be used, or what the signal was aborted with
 */
export async function openMcpTools(
  app: AppParts,
  { config, options, redactor }: BackendRequest,
): Promise<McpTools> {
  const { requireMcp = [], signal = new AbortController().signal } = options;
  const { origins } = await app.loadedConfig();
  const configured = mcpServersOf({ config, origins });
  checkRequired(configured, requireMcp);
  const isDemo = options.replay?.kind === "demo";
  const wanted = configured.filter(
    ({ name, settings }) =>
      settings.enabled &&
      (requireMcp.includes(name) ||
        isWanted(name, { toolsets: options.toolsets, disabled: config.agent.disabled_toolsets })),
  );
  if (isDemo || wanted.length === 0) return none;
  for (const { settings, written } of wanted) {
    for (const secret of secretsIn(settings, written)) redactor.addSecret(secret);
  }
  return await start(app, wanted, {
    cwd: options.cwd,
    required: requireMcp,
    isAttended: options.ask !== undefined,
    mask: (text) => redactor.boundary(text),
    signal,
    ...(options.onWaiting ? { onWaiting: options.onWaiting } : {}),
  });
}

/**
 * Whether servers that must be there can be there at all.
 * @throws {HermesError} `mcp/unavailable`
 */
export function checkRequired(
  configured: readonly Pick<Configured, "name" | "settings">[],
  required: readonly string[],
): void {
  for (const name of required) {
    const server = configured.find((one) => one.name === name);
    if (!server) {
      const near = didYouMean(
        name,
        configured.map((one) => one.name),
      );
      throw new HermesError(
        "mcp/unavailable",
        `There is no MCP server ${name} in the configuration`,
        {
          hint: near === undefined ? "hermes mcp list" : `did you mean ${near}?`,
        },
      );
    }
    if (!server.settings.enabled) {
      throw new HermesError("mcp/unavailable", `MCP server ${name} is switched off`, {
        hint: `hermes config set mcp_servers.${name}.enabled true`,
      });
    }
  }
}

/** Whether the chosen toolsets can have a tool of a server. */
export function isWanted(
  name: string,
  chosen: {
    readonly toolsets: readonly string[] | undefined;
    readonly disabled: readonly string[];
  },
): boolean {
  const own = toolsetNamesOf(name);
  if (chosen.disabled.some((toolset) => own.includes(toolset))) return false;
  if (!chosen.toolsets) return true;
  return chosen.toolsets.some(
    (toolset) =>
      ["all", "*", "coding"].includes(toolset) ||
      own.some(
        (word) => toolset === word || (word.startsWith("mcp_") && toolset.startsWith(`${word}_`)),
      ),
  );
}

/**
 * A server as a toolset: by its name, unless a toolset of ours is called so, and by the beginning of its tools' names, which
 * no other toolset has.
 */
export function toolsetNamesOf(name: string): readonly string[] {
  const own = `mcp_${name.replace(/[^A-Za-z0-9_]/g, "_")}`;
  return toolsetNames.includes(name) ? [own] : [name, own];
}

interface StartOptions {
  readonly cwd: string;
  readonly required: readonly string[];
  readonly isAttended: boolean;
  readonly mask: (text: string) => string;
  readonly signal: AbortSignal;
  readonly onWaiting?: (text: string) => void;
}

async function start(
  app: AppParts,
  wanted: readonly Configured[],
  { cwd, required, isAttended, mask, signal, onWaiting }: StartOptions,
): Promise<McpTools> {
  const { spawner, clock, fetch, host } = app.ports;
  const [{ openServer }, env] = await Promise.all([import("../mcp/client.ts"), app.env()]);
  const notices: string[] = [];
  const giveUp = new AbortController();
  const limit = AbortSignal.any([signal, giveUp.signal]);
  const deps = {
    spawner,
    clock,
    fetch,
    version: host.version,
    cwd,
    mask,
    isAttended,
    notice: (text: string) => void notices.push(text),
  };
  const opened = new Map<string, McpServer>();
  const failures = new Map<string, HermesError>();
  const open = async (server: Configured): Promise<void> => {
    try {
      const plain = await specOf({ spawner, host, env, cwd }, server);
      const spec = await withLogin(app, plain, server);
      opened.set(server.name, await openServer(deps, spec, limit));
    } catch (thrown) {
      const error = toHermesError(thrown);
      failures.set(server.name, error);
      // Nothing runs without it: the others need not be waited for.
      if (required.includes(server.name)) giveUp.abort(error);
    }
  };
  const dispose = async (): Promise<void> => {
    await Promise.all([...opened.values()].map((server) => server[Symbol.asyncDispose]()));
  };
  const ready = new AbortController();
  clock.sleep(quietMs, ready.signal).then(
    () => {
      const late = wanted.filter(({ name }) => !opened.has(name) && !failures.has(name));
      onWaiting?.(`Waiting for MCP servers: ${late.map(({ name }) => name).join(", ")}`);
    },
    () => undefined,
  );
  await Promise.all(wanted.map(open));
  ready.abort();
  if (limit.aborted) {
    await dispose();
    limit.throwIfAborted();
  }
  // In the order of the configuration, not in that of readiness.
  const servers = wanted.flatMap(({ name }) => opened.get(name) ?? []);
  const tools = await toolsOf(servers);
  notices.unshift(...wanted.flatMap(({ name }) => failures.get(name) ?? []).map(toldOf));
  if (tools.length > manyTools) {
    notices.push(
      `The MCP servers have ${tools.length} tools, more than some endpoints take: choose with tools.include or -t`,
    );
  }
  return {
    tools: tools.map(({ tool }) => tool),
    toolsets: new Map(
      wanted.flatMap(({ name }) => {
        const own = tools.filter(({ server }) => server === name).map(({ tool }) => tool.spec.name);
        return toolsetNamesOf(name).map((word) => [word, own] as const);
      }),
    ),
    failures,
    takeNotices: () => notices.splice(0),
    [Symbol.asyncDispose]: dispose,
  };
}

async function toolsOf(
  servers: readonly McpServer[],
): Promise<readonly { readonly server: string; readonly tool: Tool }[]> {
  const [{ toolNames }, { createServerTool }] = await Promise.all([
    import("../mcp/tool_names.ts"),
    import("../mcp/server_tool.ts"),
  ]);
  const listed = servers.flatMap((server) => server.tools.map((tool) => ({ server, tool })));
  const names = toolNames(
    listed.map(({ server, tool }) => ({ server: server.spec.name, tool: tool.name })),
  );
  return listed.map(({ server, tool }, at) => ({
    server: server.spec.name,
    tool: createServerTool(server, tool, names[at] ?? ""),
  }));
}

/** A failure in one sentence, with the command that helps. */
function toldOf({ message, hint }: HermesError): string {
  return hint === undefined ? message : `${message} (${hint})`;
}
