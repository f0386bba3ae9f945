import type { App } from "../../../app.ts";
import { type McpDesk, type McpProbe, variablesOf } from "../../../app/mcp_desk.ts";
import { refusalOf } from "../../../config/mcp_servers.ts";
import { HermesError } from "../../../core/errors.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { Ports } from "../../../core/ports.ts";
import { canAsk } from "../../approval_mode.ts";
import type { CommandContext } from "../../command.ts";
import { confirm } from "../../confirm.ts";
import { exitCodes } from "../../exit_codes.ts";
import { switchFlag, usageError } from "../../flags.ts";
import { printNote, printWarning } from "../../print.ts";
import { counted } from "../../../core/counted.ts";
import { readSecret } from "../auth/read_secret.ts";
import { chooseTools } from "./choose_tools.ts";
import { type AddRequest, addRequest, settingsOf } from "./entry.ts";
import { untilInterrupted } from "../../until_interrupted.ts";
import { signInToServer } from "./login.ts";
import { writtenSettings } from "./written_settings.ts";

/**
 * `hermes mcp add`: tries a server and keeps it. Nothing is written before it has answered; secrets go to `.env`, the rest to
 * `config.yaml`, where everything around stays as it is.
 */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, operands } = context;
  const app = await context.app();
  const request = addRequest(flags, operands, await variablesOfOthers(app, operands[0]));
  const { name, entry } = request;
  const desk = await app.mcp();
  refuseRisky(name, settingsOf(name, entry, {}));
  if (!(await mayReplace(context, desk, name))) {
    await printNote(ports, "Nothing changed");
    return exitCodes.failed;
  }
  const secrets = await secretsOf(app, request);
  for (const value of Object.values(secrets)) (await app.redactor()).addSecret(value);
  const env = { ...(await app.env()), ...secrets };
  const settings = settingsOf(name, entry, env);
  if (request.isOauth) await signInFirst(context, desk, { name, settings });
  const probe =
    flags["probe"] === false
      ? undefined
      : await tryOut(context, desk, { server: { name, settings }, env: secrets });
  if (probe === "given up") return exitCodes.missingProgram;
  const isOn = probe !== "failed";
  const tools = isOn && probe ? await chosenTools(context, entry, probe) : {};
  if (Object.keys(secrets).length > 0) await desk.setSecrets(secrets);
  const value = { ...entry, ...tools, enabled: isOn };
  await desk.write(name, value);
  const count =
    probe && probe !== "failed" ? ` with ${counted(usedCount(value, probe), "tool")}` : "";
  await printNote(ports, `Added MCP server ${name}${count} to ${app.paths.configFile}`);
  if (!isOn) {
    const switchOn = `hermes config set mcp_servers.${name}.enabled true`;
    await printNote(
      ports,
      `It is switched off; when hermes mcp test ${name} succeeds: ${switchOn}`,
    );
  }
  return exitCodes.done;
}

/** The variables that servers of other names refer to. */
async function variablesOfOthers(app: App, name: string | undefined): Promise<ReadonlySet<string>> {
  const written = [...(await writtenSettings(app))].filter(([other]) => other !== name);
  return new Set(written.flatMap(([, settings]) => variablesOf(settings)));
}

/** Before anything is started. @throws {HermesError} `usage/invalid` */
function refuseRisky(name: string, settings: Parameters<typeof refusalOf>[0]): void {
  const refusal = refusalOf(settings);
  if (refusal === undefined) return;
  throw usageError(
    `MCP server ${name} is not added: ${refusal}`,
    "download the program first, look at it, and add it by its path",
  );
}

async function mayReplace(
  { ports, flags }: CommandContext,
  desk: McpDesk,
  name: string,
): Promise<boolean> {
  const isThere = (await desk.servers()).some((server) => server.name === name);
  if (!isThere || switchFlag(flags, "yes")) return true;
  if (canAsk(ports.terminal)) {
    return await confirm(ports.terminal, `There is an MCP server ${name} already. Replace it?`);
  }
  throw usageError(
    `There is an MCP server ${name} already`,
    `pass --yes to replace it, or hermes mcp remove ${name}`,
  );
}

/** The values for `.env`: those of the command line, and the one that is read without being shown. */
async function secretsOf(
  { ports }: App,
  { asks, secrets }: AddRequest,
): Promise<Readonly<Record<string, string>>> {
  if (!asks) return secrets;
  const { terminal } = ports;
  if (terminal.stdin.kind === "null" || (terminal.stdin.kind === "tty" && !canAsk(terminal))) {
    throw usageError(
      `Nobody can be asked for the secret: ${asks.what}`,
      `send it to stdin, or refer to a variable: ${asks.instead}`,
    );
  }
  const read = (await readSecret(terminal, `${asks.what}: `)).trim();
  const value = /_API_KEY(?:_\d+)?$/.test(asks.variable) ? read.replace(/^Bearer\s+/i, "") : read;
  if (value === "")
    throw usageError(`There is no value for ${asks.what}`, "type it, or send it to stdin");
  return { ...secrets, [asks.variable]: value };
}

/** @throws {HermesError} as `signInToServer`, with a hint that holds for a server that is not there yet */
async function signInFirst(
  ...[context, desk, server]: Parameters<typeof signInToServer>
): Promise<void> {
  try {
    await signInToServer(context, desk, server);
  } catch (error) {
    if (!(error instanceof HermesError) || error.code !== "auth/sign_in_failed") throw error;
    throw new HermesError(error.code, `${error.message}: nothing was added`, {
      cause: error,
      hint: "correct the address, or try again",
      retryable: error.retryable,
    });
  }
}

/**
 * What a server offers; `failed` where somebody wants to keep it all the same, `given up` where not.
 * @throws {HermesError} `mcp/unavailable` where nobody can be asked
 */
async function tryOut(
  { ports, mask }: CommandContext,
  desk: McpDesk,
  candidate: Parameters<McpDesk["probe"]>[0],
): Promise<McpProbe | "failed" | "given up"> {
  try {
    const probe = await untilInterrupted(ports, (signal) => desk.probe(candidate, signal));
    for (const notice of probe.notices) await printWarning(ports, mask(notice));
    return probe;
  } catch (error) {
    const isUnavailable = error instanceof HermesError && error.code === "mcp/unavailable";
    if (!isUnavailable) throw error;
    const wantsSignIn = error.httpStatus === 401 || error.httpStatus === 403;
    const remedy = wantsSignIn ? "sign in with --auth oauth, or --auth header" : "correct it";
    if (!canAsk(ports.terminal)) {
      throw new HermesError(error.code, `${error.message}: nothing was added`, {
        cause: error,
        hint: `${remedy}, or add it untried with --no-probe`,
      });
    }
    await printWarning(ports, mask(wantsSignIn ? `${error.message}: ${remedy}` : error.message));
    const isKept = await confirm(ports.terminal, "Keep it all the same, switched off?");
    if (!isKept) await printNote(ports, "Nothing changed");
    return isKept ? "failed" : "given up";
  }
}

/** The choice of a person; where nobody can be asked, or flags have chosen, nothing more. */
async function chosenTools(
  { ports }: { readonly ports: Ports },
  entry: JsonObject,
  { tools }: McpProbe,
): Promise<JsonObject> {
  if (entry["tools"] !== undefined || tools.length === 0 || !canAsk(ports.terminal)) return {};
  const include = await chooseTools(ports, tools);
  return include.length === tools.length ? {} : { tools: { include } };
}

function usedCount(entry: JsonObject, probe: McpProbe): number {
  const choice = entry["tools"];
  const include =
    choice && typeof choice === "object" && "include" in choice ? choice["include"] : undefined;
  return Array.isArray(include) && include.length > 0
    ? probe.tools.filter(({ name }) => include.includes(name)).length
    : probe.used.size;
}
