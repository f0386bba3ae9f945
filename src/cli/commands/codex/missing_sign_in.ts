import type { App } from "../../../app.ts";

/**
 * What still has to be done before turns can run on codex, in one line; undefined where nothing has.
 * @throws {HermesError} what a sign-in does not mend: `codex/missing`, `codex/too_old`, `codex/config_invalid`, `codex/silent`
 */
export async function missingSignIn(
  app: Pick<App, "codexStatus">,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { failure } = await app.codexStatus(signal);
  if (!failure) return undefined;
  if (failure.code !== "auth/missing") throw failure;
  return `${failure.message}: codex login`;
}
