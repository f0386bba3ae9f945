import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { JsonObject } from "../../../src/core/json.ts";
import type { TokenSet } from "../../../src/core/sign_in.ts";
import type { Vendor } from "../../fakes/grant_book.ts";
import {
  createIdentityProvider,
  type IdentityOptions,
  type IdentityProvider,
} from "../../fakes/identity_provider.ts";
import { createModelHosts, type ModelHosts } from "../../fakes/model_hosts.ts";
import {
  type ResponsesServer,
  startResponsesServer,
  type StepSource,
} from "../../fakes/responses_server.ts";
import { textAnswer } from "../../fakes/server_steps.ts";
import { type HostHandler, startTlsProxy, type TlsProxy } from "../../fakes/tls_proxy.ts";
import {
  createSandbox,
  type Ended,
  type Running,
  type Sandbox,
  type StartOptions,
} from "../sandbox.ts";
import { filesBelow, leaksIn } from "./leaks.ts";

export interface LabOptions extends IdentityOptions {
  /** What the models answer, again and again; `hello` where absent. */
  readonly steps?: readonly StepSource[];
  /** Keys that api.x.ai takes. */
  readonly apiKeys?: readonly string[];
  /** Hosts besides the vendors'. */
  readonly strangers?: Readonly<Record<string, HostHandler>>;
}

/** A grant in the file of the logins. */
export interface StoredGrant {
  readonly vendor: Vendor;
  readonly email: string;
  /** Seconds that its access token lives; 0 for one that has expired. */
  readonly lifeSeconds?: number;
  /** More fields of its entry, or others. */
  readonly fields?: JsonObject;
}

/** The compiled program in a home of its own, and the world that it signs in to. Closes with `await using`. */
export interface AuthLab extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly identity: IdentityProvider;
  readonly models: ModelHosts;
  /** What the models answer with, and were asked. */
  readonly server: ResponsesServer;
  readonly proxy: TlsProxy;
  /** What leads a program into this world. */
  readonly env: Readonly<Record<string, string>>;
  /** `auth.json` of the home. */
  readonly storePath: string;
  /** Logs in for every grant and writes them as the file of the logins, the first one's provider as the active one. */
  writeLogins(grants: readonly StoredGrant[], rest?: JsonObject): Promise<readonly TokenSet[]>;
  start(args: readonly string[], options?: StartOptions): Running;
  run(args: readonly string[], options?: StartOptions): Promise<Ended>;
  /**
   * Where a piece of a token or code is that may not be there: `stdout`, `stderr`, or a file by its path in the
   * sandbox. The file of the logins and what a renewal keeps beside it may hold them.
   */
  leaks(...ends: readonly Ended[]): Promise<readonly string[]>;
}

/** Files that may hold tokens, by their path in the sandbox. */
const stores = /^home\/(profiles\/[^/]+\/)?auth\.(json|refresh-[^/]+\.pending)$/;

/** Starts with a home in which nobody has signed in, and a configuration that gives up at the first failure. */
export async function openAuthLab(options: LabOptions = {}): Promise<AuthLab> {
  const { steps = [textAnswer("hello")], apiKeys = [], strangers = {}, now = Date.now } = options;
  await using opened = new AsyncDisposableStack();
  const sandbox = opened.use(await createSandbox());
  await sandbox.configure("agent: {api_max_retries: 0}\n");
  const identity = createIdentityProvider(options);
  const server = opened.use(await startResponsesServer({ steps, repeat: true }));
  const models = createModelHosts({ identity, server, apiKeys });
  const hosts = { ...identity.hosts, ...models.hosts, ...strangers };
  const proxy = opened.use(await startTlsProxy(hosts));
  const { env } = proxy;
  const storePath = join(sandbox.home, "auth.json");
  const all = opened.move();

  const start = (args: readonly string[], more: StartOptions = {}): Running =>
    sandbox.start(args, { ...more, env: { ...env, ...more.env } });
  return {
    sandbox,
    identity,
    models,
    server,
    proxy,
    env,
    storePath,
    start,
    run: (args, more) => start(args, more).ended,
    async writeLogins(grants, rest = {}) {
      const tokens = grants.map(({ vendor, email, ...grant }) =>
        identity.signIn(vendor, email, grant),
      );
      const store = { ...storeOf(grants, tokens, new Date(now())), ...rest };
      await writeFile(storePath, `${JSON.stringify(store, null, 2)}\n`, { mode: 0o600 });
      return tokens;
    },
    async leaks(...ends) {
      const files = await filesBelow(sandbox.root);
      const texts = new Map([...files].filter(([path]) => !stores.test(path)));
      texts.set("stdout", ends.map(({ stdout }) => stdout).join("\n"));
      texts.set("stderr", ends.map(({ stderr }) => stderr).join("\n"));
      return leaksIn(texts, identity.secrets());
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

const sources: Readonly<Record<Vendor, string>> = {
  "xai-oauth": "manual:xai_pkce",
  "openai-codex": "manual:device_code",
};

function storeOf(
  grants: readonly StoredGrant[],
  tokens: readonly TokenSet[],
  now: Date,
): JsonObject {
  const time = now.toISOString().replace("Z", "+00:00");
  const pool: Record<string, JsonObject[]> = {};
  for (const [index, { vendor, email, fields = {} }] of grants.entries()) {
    const { accessToken = "", refreshToken = "", expiresIn = null } = tokens[index] ?? {};
    const entries = (pool[vendor] ??= []);
    entries.push({
      id: `a${String(index + 1).padStart(5, "0")}`,
      label: email,
      auth_type: "oauth",
      priority: entries.length,
      source: sources[vendor],
      access_token: accessToken,
      refresh_token: refreshToken,
      last_status: null,
      last_status_at: null,
      last_error_code: null,
      last_error_reason: null,
      last_error_message: null,
      last_error_reset_at: null,
      last_refresh: time,
      token_type: "Bearer",
      expires_in: expiresIn,
      request_count: 0,
      ...fields,
    });
  }
  return {
    version: 1,
    updated_at: time,
    active_provider: grants[0]?.vendor ?? null,
    providers: {},
    credential_pool: pool,
  };
}
