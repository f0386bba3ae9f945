import { applyEdits, type ConfigEdit } from "../config/edit.ts";
import { type McpServer, type McpServerSettings, mcpServersOf } from "../config/mcp_servers.ts";
import { readHomeFile } from "../config/home_file.ts";
import { formatKey, type KeyPath } from "../config/key_path.ts";
import { leavesOf, valueAt } from "../config/tree.ts";
import { parseYaml } from "../config/yaml_source.ts";
import type { JsonObject } from "../core/json.ts";
import { didYouMean } from "../core/did_you_mean.ts";
import { HermesError } from "../core/errors.ts";
import type { Env } from "../core/ports.ts";
import type { LoginInteraction } from "../core/sign_in.ts";
import type { ListedTool } from "../mcp/server_spec.ts";
import type { SignInOptions } from "./logins.ts";
import { secretsIn, specOf, withLogin } from "./mcp_specs.ts";
import type { AppParts } from "./parts.ts";

/** What a server said when it was tried. */
export interface McpProbe {
  readonly ms: number;
  /** What it says of itself. */
  readonly about: { readonly name: string; readonly version: string } | undefined;
  /** All of its tools, in its order. */
  readonly tools: readonly ListedTool[];
  /** Names under which models see the ones that are used, by the server's own names. */
  readonly used: ReadonlyMap<string, string>;
  /** What was odd, one sentence each. */
  readonly notices: readonly string[];
}

/** What a server is to become: as it is in the file, and as it is by now. */
export interface McpCandidate {
  readonly server: Pick<McpServer, "name" | "settings">;
  /** Variables that the home's `.env` does not have yet. */
  readonly env?: Env;
}

/** What the command line does with MCP servers. */
export interface McpDesk {
  /** Those of the configuration, in its order, with the ones that are switched off. @throws {HermesError} `config/*` */
  servers(): Promise<readonly McpServer[]>;
  /** The server of this name. @throws {HermesError} `mcp/not_found`, `config/*` */
  find(name: string): Promise<McpServer>;
  /**
   * Starts a server, reads its tools and ends it again.
   * @throws {HermesError} `mcp/unavailable`, or what the signal was aborted with
   */
  probe(candidate: McpCandidate, signal: AbortSignal): Promise<McpProbe>;
  /** What keeps a server from being used, without trying it; undefined where nothing is known. */
  problem(server: Pick<McpServer, "name" | "settings">): Promise<string | undefined>;
  /**
   * Signs a person in at a server and keeps the login.
   * @throws {HermesError} `auth/sign_in_failed`, `store/*`, `network/*`, or what the signal was aborted with
   */
  signIn(
    server: Pick<McpServer, "name" | "settings">,
    options: SignInOptions,
    given: { readonly interaction: LoginInteraction; readonly signal: AbortSignal },
  ): Promise<void>;
  /** Forgets the login at a server; whether there was one. @throws {HermesError} `store/*` */
  forget(name: string): Promise<boolean>;
  /**
   * Writes a server to `config.yaml`, in the place of one of its name, or takes it out for undefined; everything around stays
   * as it is.
   * @throws {HermesError} `config/*`, `file/unwritable`
   */
  write(name: string, entry: JsonObject | undefined): Promise<void>;
  /** Sets variables of the home's `.env`; undefined takes one out. @throws {HermesError} `config/*`, `file/unwritable` */
  setSecrets(values: Readonly<Record<string, string | undefined>>): Promise<void>;
}

/** Where a browser comes back to after a sign-in; the port is another one where this one is taken. */
const callback = { preferredPort: 8_976, callbackPath: "/callback" };

/** The desk of one home. */
export function openMcpDesk(app: AppParts): McpDesk {
  const { spawner, clock, fetch, host, files, loopback, browser } = app.ports;
  const servers = async (): Promise<readonly McpServer[]> =>
    mcpServersOf({ config: await app.freshConfig(), origins: new Map() });
  const specDeps = async (more: Env = {}) => ({
    spawner,
    host,
    cwd: host.cwd,
    env: { ...(await app.env()), ...more },
  });
  return {
    servers,
    async find(name) {
      const known = await servers();
      return known.find((server) => server.name === name) ?? notFound(name, known);
    },
    async probe({ server, env }, signal) {
      const [{ openServer }, { toolNames }, redactor] = await Promise.all([
        import("../mcp/client.ts"),
        import("../mcp/tool_names.ts"),
        app.redactor(),
      ]);
      for (const secret of secretsIn(server.settings)) redactor.addSecret(secret);
      const spec = await withLogin(app, await specOf(await specDeps(env), server), server);
      const notices: string[] = [];
      const startedAt = clock.monotonic();
      const deps = {
        spawner,
        clock,
        fetch,
        version: host.version,
        cwd: host.cwd,
        mask: (text: string) => redactor.boundary(text),
        isAttended: false,
        notice: (text: string) => void notices.push(text),
      };
      await using opened = await openServer(deps, spec, signal);
      const ms = Math.round(clock.monotonic() - startedAt);
      const names = toolNames(opened.tools.map(({ name }) => ({ server: spec.name, tool: name })));
      return {
        ms,
        about: opened.about,
        tools: opened.allTools,
        used: new Map(opened.tools.map(({ name }, at) => [name, names[at] ?? name])),
        notices,
      };
    },
    async problem(server) {
      try {
        await specOf(await specDeps(), server);
        return undefined;
      } catch (error) {
        if (error instanceof HermesError) return error.message;
        throw error;
      }
    },
    async signIn(server, options, { interaction, signal }) {
      const [{ askBrowser }, { beginSignIn }, { loginPlace, signInSettings }] = await Promise.all([
        import("../auth/browser_answer.ts"),
        import("../mcp/sign_in.ts"),
        import("./mcp_logins.ts"),
      ]);
      const settings = signInSettings(server);
      const place = await loginPlace(app, settings);
      const deps = {
        fetch: (input: string | URL | Request, init?: RequestInit) =>
          fetch(input, { ...init, signal }),
        place,
      };
      let begun: Awaited<ReturnType<typeof beginSignIn>> | undefined;
      await askBrowser({ clock, loopback, browser, interaction }, callback, options, {
        signal,
        async begin(request) {
          begun = await beginSignIn(deps, settings, request);
          return begun.address;
        },
        finish: async (answer) => await begun?.finish(answer),
      });
    },
    async forget(name) {
      return await (await import("./mcp_logins.ts")).forgetLogin(app, name);
    },
    async write(name, entry) {
      const text = (await readHomeFile(files, app.paths.configFile))?.text ?? "";
      const before = valueAt(parseYaml(text, app.paths.configFile).tree, ["mcp_servers", name]);
      await applyEdits(files, app.paths, entryEdits(name, before, entry));
    },
    async setSecrets(values) {
      const redactor = await app.redactor();
      for (const value of Object.values(values)) if (value !== undefined) redactor.addSecret(value);
      const { setVariables } = await import("../config/dotenv_edit.ts");
      await setVariables(files, app.paths, values);
    },
  };
}

/** One edit for each value, so that a new server stands there as people write one, line by line. */
function entryEdits(
  name: string,
  before: unknown,
  entry: JsonObject | undefined,
): readonly ConfigEdit[] {
  const place = ["mcp_servers", name];
  if (!entry) return [{ path: place, unset: true }];
  const values = leavesOf(entry);
  const isKept = (path: KeyPath): boolean =>
    values.some(([other]) => formatKey(other) === formatKey(path));
  return [
    ...values.map(([path, value]) => ({ path: [...place, ...path], value })),
    ...leavesOf(before).flatMap(([path]) =>
      isKept(path) ? [] : [{ path: [...place, ...path], unset: true as const }],
    ),
  ];
}

function notFound(name: string, known: readonly McpServer[]): never {
  const near = didYouMean(
    name,
    known.map((server) => server.name),
  );
  throw new HermesError("mcp/not_found", `There is no MCP server ${name}`, {
    hint: near === undefined ? "hermes mcp list" : `did you mean ${near}?`,
  });
}

/** The names of the variables that a server's settings refer to in the file. */
export function variablesOf(settings: McpServerSettings): readonly string[] {
  const { command, args, env, cwd, url, headers, oauth } = settings;
  const values = [command, ...args, cwd, url, ...Object.values(env), ...Object.values(headers)];
  return [...values, oauth.client_secret].flatMap((value) =>
    [...value.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g)].map(([, variable = ""]) => variable),
  );
}
