import { mcpLoginOf, withMcpLogin } from "../auth/mcp_logins.ts";
import { type AuthStore, createAuthStore } from "../auth/store.ts";
import type { McpServer } from "../config/mcp_servers.ts";
import type { KeptLogin, LoginPlace, SignInSettings } from "../mcp/sign_in.ts";
import type { AppParts } from "./parts.ts";

/** How a server is signed in to. */
export function signInSettings({
  name,
  settings,
}: Pick<McpServer, "name" | "settings">): SignInSettings {
  const { client_id: clientId, client_secret: clientSecret, scope } = settings.oauth;
  return { name, url: settings.url, clientId, clientSecret, scope };
}

/** Where the login at a server is kept: in the file of all logins of this home. */
export async function loginPlace(
  app: AppParts,
  { name, url }: Pick<SignInSettings, "name" | "url">,
): Promise<LoginPlace> {
  const store = await openStore(app);
  const redactor = await app.redactor();
  const hide = (login: KeptLogin): void => {
    for (const [key, value] of Object.entries({ ...login.tokens, ...login.client })) {
      if (/token$|secret$/.test(key) && typeof value === "string") redactor.addSecret(value);
    }
  };
  return {
    async load() {
      const login = mcpLoginOf((await store.read()).json, name, url);
      if (login) hide(login);
      return login;
    },
    async save(login) {
      hide(login);
      await store.update((json) => ({
        json: withMcpLogin(json, name, { url, ...login }),
        result: undefined,
      }));
    },
    alone: (work) => app.ports.files.withLock(store.beside("auth.mcp.lock"), work, 30_000),
  };
}

/** Forgets the login at a server; whether there was one. @throws {HermesError} `store/*` */
export async function forgetLogin(app: AppParts, name: string): Promise<boolean> {
  const store = await openStore(app);
  const before = (await store.read()).json;
  // Nothing is made, not even a lock, where there is nothing to forget.
  if (withMcpLogin(before, name, undefined) === before) return false;
  await store.update((json) => ({ json: withMcpLogin(json, name, undefined), result: undefined }));
  return true;
}

/** Two links to one file are one store: its locks stand beside the file itself. */
async function openStore({ ports, paths }: AppParts): Promise<AuthStore> {
  const { files, clock, host } = ports;
  const real = await files.realPath(paths.authFile).catch(() => paths.authFile);
  return createAuthStore({ files, clock, host }, real);
}
