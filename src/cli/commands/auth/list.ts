import type { App } from "../../../app.ts";
import type { Grant } from "../../../auth/grant.ts";
import { presentKeys } from "../../../core/api_key.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { switchFlag } from "../../flags.ts";
import { printDocument, printTable, printWarning } from "../../print.ts";
import type { Column } from "../../render/table.ts";
import { grantState, grantToJson } from "./grant_text.ts";
import { knownProvider } from "./known_provider.ts";
import { providers } from "../../../config/providers.ts";
import { customPool } from "../../../config/resolve_endpoint.ts";

/** A login, a key, or a variable that holds one. */
export interface ListedLogin {
  readonly provider: string;
  /** From 1, in its provider. */
  readonly place: number;
  readonly label: string;
  readonly type: "oauth" | "api_key";
  readonly source: string;
  /** Absent for a variable. */
  readonly grant?: Grant;
  readonly isInherited: boolean;
}

/** `hermes auth list`: what is kept, and what the environment holds. Changes nothing, asks nobody. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, operands } = context;
  const app = await context.app();
  const [name] = operands;
  const only = name === undefined ? undefined : (await knownProvider(app, name)).pool;
  const logins = await listLogins(app, only);
  const desk = await app.logins();
  const now = ports.clock.now();
  if (switchFlag(flags, "json")) {
    await printDocument(ports, {
      active_provider: (await desk.active()) ?? null,
      logins: logins.map((login) => loginToJson(login, now)),
    });
    return exitCodes.done;
  }
  for (const warning of await desk.warnings()) await printWarning(ports, warning);
  await printTable(ports, columnsAt(now), {
    rows: logins,
    ifEmpty: "No logins and no keys yet: hermes auth add PROVIDER",
  });
  return exitCodes.done;
}

/** What is kept for a provider or for all, each provider's in the order in which it is tried. */
export async function listLogins(app: App, only?: string): Promise<readonly ListedLogin[]> {
  const [desk, env, config] = await Promise.all([app.logins(), app.env(), app.config()]);
  const kept = await desk.providers();
  const keyEnvs: ReadonlyMap<string, readonly string[]> = new Map([
    ...providers.map(({ id, keyEnv }) => [id, keyEnv] as const),
    ...config.custom_providers.map(({ name, key_env: key }) => [customPool(name), [key]] as const),
  ]);
  const held = [...keyEnvs].flatMap(([pool, names]) =>
    presentKeys(env, names).length > 0 ? [pool] : [],
  );
  const names = [...new Set([...kept, ...held])].filter(
    (name) => only === undefined || name === only,
  );
  const lists = await Promise.all(
    names.map(async (provider) => {
      const grants = await desk.list(provider);
      const off = await desk.suppressed(provider);
      const variables = presentKeys(env, keyEnvs.get(provider) ?? [])
        .map(({ name }) => `env:${name}`)
        .filter((source) => !off.includes(source));
      return [
        ...grants.map(({ grant, isInherited }) => ({
          provider,
          label: grant.label,
          type: grant.kind,
          source: grant.source.replace(/^manual:/, ""),
          grant,
          isInherited,
        })),
        ...variables.map((source) => ({
          provider,
          label: source.slice("env:".length),
          type: "api_key" as const,
          source,
          isInherited: false,
        })),
      ].map((login, index) => ({ ...login, place: index + 1 }));
    }),
  );
  return lists.flat();
}

function columnsAt(now: number): readonly Column<ListedLogin>[] {
  return [
    { header: "PROVIDER", text: ({ provider }) => provider },
    { header: "#", isNumber: true, text: ({ place }) => String(place) },
    { header: "LOGIN", text: ({ label }) => label },
    { header: "TYPE", text: ({ type }) => (type === "oauth" ? "sign-in" : "key") },
    {
      header: "FROM",
      text: ({ source, isInherited }) => (isInherited ? `${source}, of the home` : source),
    },
    { header: "STATE", text: ({ grant }) => (grant ? grantState(grant, now) : "ready") },
    { header: "ID", text: ({ grant, source }) => grant?.id ?? source },
  ];
}

function loginToJson(login: ListedLogin, now: number): JsonObject {
  const { provider, place, label, type, source, grant, isInherited } = login;
  return {
    provider,
    place,
    id: grant?.id ?? source,
    label,
    type,
    source,
    inherited: isInherited,
    ...(grant ? grantToJson(grant, now) : { state: "ready" }),
  };
}
