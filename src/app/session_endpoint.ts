import type { ModelFlags } from "../app.ts";
import type { ResolvedModel } from "../config/resolve_endpoint.ts";
import { HermesError, toHermesError } from "../core/errors.ts";
import type { SessionInfo } from "../core/session_store.ts";

/** Providers of sessions that no model has answered. */
const recorded: ReadonlySet<string> = new Set(["demo", "replay"]);

type Resolve = (flags: ModelFlags) => Promise<ResolvedModel>;
type Place = Pick<SessionInfo, "provider" | "model" | "baseUrl">;

/**
 * Where a stored session goes on: with its own model at its own provider, whatever is configured by now, unless the
 * command line says otherwise. A history never moves to another address without a word: `warnings` says so.
 * @throws {HermesError} what `resolve` throws; `config/invalid` when the session's provider is not there any more
 */
export async function resolveForSession(
  resolve: Resolve,
  flags: ModelFlags,
  session: Place,
): Promise<ResolvedModel> {
  if (recorded.has(session.provider)) return await resolve(flags);
  const withModel: ModelFlags = { ...flags, model: flags.model ?? session.model };
  if (flags.provider !== undefined) {
    const resolved = await resolve(withModel);
    const isOther = resolved.endpoint.provider !== session.provider;
    return isOther ? await resolve(flags) : resolved;
  }
  if (flags.baseUrl !== undefined) return await resolve(withModel);
  // First as configured: api_mode and the like hold there, and only there.
  const configured = await resolve(withModel).catch(() => undefined);
  const resolved =
    configured && isSamePlace(configured, session)
      ? configured
      : await resolveStored(resolve, withModel, session);
  return withMoveNotice(resolved, session);
}

/** An address without a name is known by the address, everything else by its name. */
function isSamePlace({ endpoint }: ResolvedModel, session: Place): boolean {
  if (endpoint.provider !== session.provider) return false;
  return endpoint.provider !== "custom" || isSameAddress(endpoint.baseUrl, session);
}

function isSameAddress(baseUrl: string, session: Place): boolean {
  return session.baseUrl === null || session.baseUrl === baseUrl;
}

async function resolveStored(
  resolve: Resolve,
  flags: ModelFlags,
  { provider, baseUrl }: Place,
): Promise<ResolvedModel> {
  try {
    const isNameless = provider === "custom" && baseUrl !== null;
    return await resolve(isNameless ? { ...flags, baseUrl } : { ...flags, provider });
  } catch (error) {
    const { code, message } = toHermesError(error);
    if (code !== "usage/invalid") throw error;
    throw new HermesError(
      "config/invalid",
      `This session was at provider ${provider}: ${message}`,
      {
        cause: error,
        hint: "go on with it elsewhere: --provider NAME -m MODEL",
      },
    );
  }
}

function withMoveNotice(resolved: ResolvedModel, session: Place): ResolvedModel {
  const { provider, baseUrl } = resolved.endpoint;
  const isMoved =
    session.baseUrl === null ? provider !== session.provider : baseUrl !== session.baseUrl;
  if (!isMoved) return resolved;
  const notice = `This session was at ${session.baseUrl ?? session.provider}; it goes on at ${baseUrl}`;
  return { ...resolved, warnings: [...resolved.warnings, notice] };
}
