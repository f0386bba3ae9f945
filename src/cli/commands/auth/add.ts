import type { App } from "../../../app.ts";
import { keyFault } from "../../../auth/sources.ts";
import { canBeKey } from "../../../core/api_key.ts";
import type { Ports } from "../../../core/ports.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes, signalExitCode } from "../../exit_codes.ts";
import { filledFlag, integerFlag, switchFlag, usageError, type FlagValues } from "../../flags.ts";
import { printNote } from "../../print.ts";
import { oneLine } from "../../render/plain.ts";
import { type KnownProvider, knownProvider } from "./known_provider.ts";
import { createLoginTalk, isRemote } from "./login_talk.ts";
import { readSecret } from "./read_secret.ts";

/** `hermes auth add`: signs in, or keeps a key. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, operands } = context;
  const app = await context.app();
  const provider = await knownProvider(app, operands[0] ?? "");
  return typeOf(provider, flags) === "oauth"
    ? await addLogin(app, provider, flags)
    : await addKey({ app, ports, flags }, provider);
}

/** How a provider is opened, as far as it can be. @throws {HermesError} `usage/invalid` */
function typeOf({ pool, signIn, label }: KnownProvider, flags: FlagValues): "oauth" | "api-key" {
  const asked = filledFlag(flags, "type")?.toLowerCase().replace("_", "-");
  if (asked !== undefined && asked !== "oauth" && asked !== "api-key") {
    throw usageError(`--type is neither oauth nor api-key: ${asked}`, "leave it away");
  }
  if (asked === "oauth" && !signIn) {
    throw usageError(`${label} takes keys, it has no sign-in`, `hermes auth add ${pool}`);
  }
  const takesKey = asked === "api-key" || filledFlag(flags, "apiKeyEnv") !== undefined;
  if (signIn && takesKey) {
    throw usageError(`${label} takes no key`, `hermes auth add ${signIn.keyProvider}`);
  }
  return signIn ? "oauth" : "api-key";
}

/** How long a person may take where nobody says it, in seconds: a code that is typed elsewhere takes longer. */
function patience({ signIn }: KnownProvider): number {
  return signIn?.facts.kind === "device_code" ? 900 : 180;
}

async function addLogin(app: App, provider: KnownProvider, flags: FlagValues): Promise<number> {
  const { pool } = provider;
  const { ports } = app;
  const stop = new AbortController();
  let stoppedBy: "SIGINT" | "SIGTERM" = "SIGINT";
  using _ = ports.signals.on("SIGINT", () => stop.abort());
  using __ = ports.signals.on("SIGTERM", () => {
    stoppedBy = "SIGTERM";
    stop.abort();
  });
  const label = filledFlag(flags, "label");
  const manualPaste = switchFlag(flags, "manualPaste");
  const env = await app.env();
  const options = {
    openBrowser: flags["browser"] !== false && !isRemote(env),
    manualPaste,
    timeoutMs:
      (integerFlag(flags, "timeout", { min: 5, max: 3_600 }) ?? patience(provider)) * 1_000,
    ...(label === undefined ? {} : { label }),
  };
  const interaction = createLoginTalk(ports, {
    env,
    manual: `hermes auth add ${pool} --manual-paste`,
  });
  try {
    const desk = await app.logins();
    const { grant, isNew } = await desk.signIn(pool, options, { interaction, signal: stop.signal });
    const again = isNew ? "" : " again";
    await printNote(ports, `Signed in to ${pool}${again} as ${oneLine(grant.label)}`);
    const used = await app.resolveModel({}).catch(() => undefined);
    if (used?.endpoint.provider !== pool) {
      await printNote(ports, `To use it: hermes --provider ${pool}; from now on: hermes model`);
    }
    return exitCodes.done;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    await printNote(ports, "The sign-in was cancelled: nothing has changed");
    return signalExitCode(stoppedBy);
  }
}

async function addKey(
  { app, ports, flags }: { readonly app: App; readonly ports: Ports; readonly flags: FlagValues },
  { pool }: KnownProvider,
): Promise<number> {
  const key = (await keyFrom(app, flags)).trim();
  checkKey(key);
  (await app.redactor()).addSecret(key);
  const grant = await (await app.logins()).addKey(pool, key, filledFlag(flags, "label"));
  await printNote(ports, `Kept a key for ${pool}: ${oneLine(grant.label)}`);
  return exitCodes.done;
}

async function keyFrom(app: App, flags: FlagValues): Promise<string> {
  const name = filledFlag(flags, "apiKeyEnv");
  if (name === undefined) return await readSecret(app.ports.terminal, "API key: ");
  const value = (await app.env())[name];
  if (value !== undefined && value.trim() !== "") return value;
  throw usageError(`${name} is not set`, "leave --api-key-env away to be asked for the key");
}

/** Says what is wrong without a character of it. */
function checkKey(key: string): void {
  if (key === "") throw usageError("There is no key", "type it, or send it to stdin");
  const fault =
    key.length > 4_096
      ? "is too long"
      : canBeKey(key)
        ? keyFault(key)
        : "is what templates have in the place of one";
  if (fault === undefined) return;
  throw usageError(`This is no key: it ${fault}`, "give the key alone, as the vendor shows it");
}
