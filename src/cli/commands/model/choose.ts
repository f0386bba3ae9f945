import type { App } from "../../../app.ts";
import { applyEdits } from "../../../config/edit.ts";
import { refusal } from "../../../auth/pool_refusals.ts";
import { findProvider, providers } from "../../../config/providers.ts";
import { customPool } from "../../../config/resolve_endpoint.ts";
import { presentKeys } from "../../../core/api_key.ts";
import { HermesError, toHermesError } from "../../../core/errors.ts";
import type { Terminal } from "../../../core/ports.ts";
import { canAsk } from "../../approval_mode.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { knownProvider } from "../auth/known_provider.ts";
import { filledFlag, usageError } from "../../flags.ts";
import { printNote } from "../../print.ts";
import { oneLine } from "../../render/plain.ts";
import { run as addLogin } from "../auth/add.ts";
import { run as listModels } from "./list.ts";
import { planModel } from "./set.ts";

/** A provider as it stands in the list. */
export interface ProviderChoice {
  /** As `--provider` takes it. */
  readonly name: string;
  /** The name under which its logins and keys are kept. */
  readonly pool: string;
  readonly label: string;
  /** `in use`, `signed in`, `key`, or how it is opened. */
  readonly state: string;
  /** Nothing opens it yet, and `hermes auth add` would. */
  readonly needsLogin: boolean;
}

/** Models that are shown; a name that is not among them can be typed. */
const maxModels = 40;

/** `hermes model`: lets a person choose provider and model; without one, it lists what there is. */
export async function run(context: CommandContext): Promise<number> {
  const { ports } = context;
  if (!canAsk(ports.terminal) || context.flags["json"] === true) return await listModels(context);
  const app = await context.app();
  const choices = await providerChoices(app);
  const named = filledFlag(context.flags, "provider");
  const picked = named ?? (await pickProvider(ports.terminal, choices));
  const chosen = typeof picked === "string" ? await choiceCalled(app, choices, picked) : picked;
  if (!chosen) return await unchanged(context);
  if (chosen.needsLogin) {
    const code = await addLogin({ ...context, operands: [chosen.name] });
    if (code !== exitCodes.done) return code;
  }
  const { model: current } = await app.resolveModel({ provider: chosen.name });
  const offered = await app
    .listModels({ provider: chosen.name }, new AbortController().signal)
    .catch(async (thrown: unknown) => {
      await printNote(
        ports,
        `Its models cannot be listed: ${context.mask(toHermesError(thrown).message)}`,
      );
      return [];
    });
  const models = [...new Set([current, ...offered])].slice(0, maxModels);
  const model = await pickOne(ports.terminal, {
    title: `Model of ${chosen.label} (a number, or a name)`,
    lines: models,
    initial: 0,
  });
  if (model === undefined) return await unchanged(context);
  const name = typeof model === "number" ? (models[model] ?? current) : model;
  const { model: configured } = await app.config();
  const edits = planModel(
    { model: name, provider: chosen.name },
    { provider: chosen.name, current: configured.provider },
  );
  await applyEdits(ports.files, app.paths, edits);
  await printNote(ports, `Turns now ask ${oneLine(name)} at ${chosen.label}`);
  return exitCodes.done;
}

/** A provider of the list, or a name that was typed; undefined where none was picked. */
async function pickProvider(
  terminal: Terminal,
  choices: readonly ProviderChoice[],
): Promise<ProviderChoice | string | undefined> {
  const place = await pickOne(terminal, {
    title: "Provider",
    lines: choices.map(({ label, state }) => (state === "" ? label : `${label} (${state})`)),
    initial: Math.max(
      0,
      choices.findIndex(({ state }) => state.startsWith("in use")),
    ),
  });
  return typeof place === "number" ? choices[place] : place;
}

/** @throws {HermesError} `usage/invalid` when there is none */
async function choiceCalled(
  app: App,
  choices: readonly ProviderChoice[],
  name: string,
): Promise<ProviderChoice | undefined> {
  const { pool } = await knownProvider(app, name);
  return choices.find((choice) => choice.pool === pool);
}

async function unchanged({ ports }: CommandContext): Promise<number> {
  await printNote(ports, "Nothing has changed");
  return exitCodes.done;
}

/** What can be chosen: the provider in use first, then those that are open, then those that a login would open. */
async function providerChoices(app: App): Promise<readonly ProviderChoice[]> {
  const [env, config, desk] = await Promise.all([app.env(), app.config(), app.logins()]);
  const kept = await desk.providers();
  const dead = await deadLogins(app, kept);
  const inUse = await app.resolveModel({}).then(
    ({ endpoint }) => endpoint.provider,
    () => undefined,
  );
  const stateOf = (name: string, isOpen: string): string =>
    name === inUse ? `in use${isOpen === "" ? "" : `, ${isOpen}`}` : isOpen;
  const own = config.custom_providers.map(({ name, key_env: key }): ProviderChoice => {
    const pool = customPool(name);
    const isKept = kept.includes(pool) || presentKeys(env, [key]).length > 0;
    return {
      name,
      pool,
      label: name,
      state: stateOf(name, isKept ? "key" : ""),
      needsLogin: false,
    };
  });
  const vendors = providers.map(({ id, label, keyEnv, signIn }): ProviderChoice => {
    const hasKey = presentKeys(env, keyEnv).length > 0;
    const isKept = kept.includes(id) && !dead.has(id);
    const isOpen = isKept ? (signIn ? "signed in" : "key") : hasKey ? "key" : "";
    const isClosed = isOpen === "" && (signIn !== undefined || keyEnv.length > 0);
    const isLocal = keyEnv.length === 0 && !signIn;
    return {
      name: id,
      pool: id,
      label,
      state: stateOf(id, isOpen),
      needsLogin: isClosed && !isLocal && id !== "ollama",
    };
  });
  const rank = ({ state }: ProviderChoice): number =>
    state.startsWith("in use") ? 0 : state === "" ? 2 : 1;
  return [...own, ...vendors].toSorted((one, other) => rank(one) - rank(other));
}

/** Of the providers that are signed in to, those whose logins are all no good any more. */
async function deadLogins(app: App, kept: readonly string[]): Promise<ReadonlySet<string>> {
  const desk = await app.logins();
  const now = app.ports.clock.now();
  const looked = await Promise.all(
    kept.map(async (name) => {
      const grants = (await desk.list(name)).map(({ grant }) => grant);
      const isDead = refusal(grants, now)?.code === "auth/rejected";
      return isDead && findProvider(name)?.signIn ? [name] : [];
    }),
  );
  return new Set(looked.flat());
}

/** What was picked: a place in the list, another text, or nothing (an empty line keeps the initial one, `q` leaves). */
async function pickOne(
  terminal: Terminal,
  question: { readonly title: string; readonly lines: readonly string[]; readonly initial: number },
): Promise<number | string | undefined> {
  const { title, lines, initial } = question;
  const list = lines.map((line, index) => `${String(index + 1).padStart(3)}  ${oneLine(line)}`);
  const over = new AbortController();
  const keys = terminal.keys(over.signal)[Symbol.asyncIterator]();
  const first = keys.next();
  await terminal.stderr.write(`${list.join("\n")}\n${title} [${initial + 1}, q leaves]: `);
  try {
    const text = (await readLine(terminal, first, keys))?.trim() ?? "q";
    if (text === "") return initial;
    if (text.toLowerCase() === "q") return undefined;
    const place = /^\d{1,3}$/.test(text) ? Number(text) - 1 : -1;
    if (place >= lines.length) throw usageError(`There is no ${text} in the list`, "hermes model");
    return place >= 0 ? place : text;
  } finally {
    over.abort();
    await keys.return?.();
  }
}

/**
 * A line that is typed, shown as it is; undefined where nobody types any more.
 * @throws {HermesError} `turn/interrupted` for Ctrl-C
 */
async function readLine(
  { stderr }: Terminal,
  first: Promise<IteratorResult<string>>,
  rest: AsyncIterator<string>,
): Promise<string | undefined> {
  let text = "";
  for (let next = await first; !next.done; next = await rest.next()) {
    for (const key of next.value.replaceAll(/\x1b(?:\[[0-?]*[ -/]*[@-~])?/g, "")) {
      if (key === "\r" || key === "\n") {
        await stderr.write("\r\n");
        return text;
      }
      if (key === "\x03" || key === "\x04") {
        await stderr.write("\r\n");
        throw new HermesError("turn/interrupted", "Interrupted");
      }
      const isErased = key === "\x7f" || key === "\b";
      if (isErased && text !== "") await stderr.write("\b \b");
      text = isErased ? text.slice(0, -1) : text + key;
      if (!isErased) await stderr.write(key);
    }
  }
  await stderr.write("\n");
  return undefined;
}
