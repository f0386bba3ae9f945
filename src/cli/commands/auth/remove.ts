import type { LoginDesk } from "../../../app/logins.ts";
import type { Grant } from "../../../auth/grant.ts";
import type { Clock } from "../../../core/ports.ts";
import { HermesError } from "../../../core/errors.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { switchFlag } from "../../flags.ts";
import { printDocument, printNote } from "../../print.ts";
import { oneLine } from "../../render/plain.ts";
import { knownProvider } from "./known_provider.ts";

/** How long a server is waited for that shall forget a login, in milliseconds. */
const revocationMs = 5_000;

/** `hermes auth remove`: forgets one login here, and asks the provider to forget it too, where it takes such requests. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, operands } = context;
  const app = await context.app();
  const [name = "", target = ""] = operands;
  const isJson = switchFlag(flags, "json");
  const { pool, keyEnv } = await knownProvider(app, name);
  const desk = await app.logins();
  const variable = /^env:(.+)$/.exec(target)?.[1];
  if (variable !== undefined) {
    if (!keyEnv.includes(variable)) {
      throw new HermesError("auth/not_found", `${pool} takes no key from ${variable}`, {
        hint: `hermes auth list ${pool}`,
      });
    }
    await desk.suppress(pool, target);
    if (isJson) {
      const removed = { id: target, label: variable, type: "api_key" };
      await printDocument(ports, { provider: pool, removed: { ...removed, revoked: false } });
      return exitCodes.done;
    }
    await printNote(
      ports,
      `${variable} is not used for ${pool} any more; hermes auth add ${pool} uses it again`,
    );
    return exitCodes.done;
  }
  const known = await desk.find(pool, target);
  await desk.remove(known);
  const isRevoked = await revokeInTime(desk, ports.clock, known.grant);
  if (isJson) {
    await printDocument(ports, {
      provider: pool,
      removed: forgottenToJson(known.grant, isRevoked),
    });
    return exitCodes.done;
  }
  const revoked = isRevoked ? ", and at the provider" : "";
  await printNote(ports, `Removed ${oneLine(known.grant.label)} of ${pool} here${revoked}`);
  return exitCodes.done;
}

/** A login that is kept here no more; whether the provider forgot it, too. */
export function forgottenToJson({ id, label, kind }: Grant, isRevoked: boolean): JsonObject {
  return { id, label, type: kind, revoked: isRevoked };
}

/** Asks the provider to forget a login, and does not wait for long. */
export async function revokeInTime(
  desk: Pick<LoginDesk, "revoke">,
  clock: Pick<Clock, "sleep">,
  grant: Grant,
): Promise<boolean> {
  const late = new AbortController();
  const timer = clock.sleep(revocationMs, late.signal).then(
    () => late.abort(),
    () => undefined,
  );
  const isRevoked = await desk.revoke(grant, late.signal);
  late.abort();
  await timer;
  return isRevoked;
}
