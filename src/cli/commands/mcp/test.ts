import type { McpDesk, McpProbe } from "../../../app/mcp_desk.ts";
import type { McpServer } from "../../../config/mcp_servers.ts";
import { HermesError, toHermesError } from "../../../core/errors.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { switchFlag } from "../../flags.ts";
import { printDocument, printText, printWarning } from "../../print.ts";
import { errorToJson } from "../../render/error.ts";
import { fitWidth, textWidth } from "../../interactive/text_width.ts";
import { oneLine } from "../../render/plain.ts";
import { placeText } from "./list.ts";
import { untilInterrupted } from "../../until_interrupted.ts";

/** How much of a description is shown where a line has no end. */
const maxAboutChars = 100;

/** How far the names of tools push the rest to the right. */
const maxNameWidth = 40;

/** A server that was tried. */
interface Tried {
  readonly server: McpServer;
  readonly outcome: McpProbe | HermesError;
}

/** `hermes mcp test`: starts servers, and says what they offer or why they do not. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, operands, mask } = context;
  const desk = await (await context.app()).mcp();
  const [name] = operands;
  const servers =
    name === undefined
      ? (await desk.servers()).filter(({ settings }) => settings.enabled)
      : [await desk.find(name)];
  const tried = await untilInterrupted(ports, (signal) =>
    Promise.all(servers.map((server) => tryServer(desk, server, signal))),
  );
  const failure = tried.map(({ outcome }) => outcome).find((one) => one instanceof HermesError);
  if (switchFlag(flags, "json")) {
    await printDocument(ports, {
      ok: failure === undefined,
      servers: tried.map((one) => toJson(one, mask)),
    });
    return failure === undefined ? exitCodes.done : exitCodes.missingProgram;
  }
  if (tried.length === 0) {
    await printWarning(ports, "There is no MCP server to try: hermes mcp add NAME -- COMMAND");
  }
  for (const one of tried) await show(context, one, tried.length > 1);
  if (failure) throw failure;
  return exitCodes.done;
}

async function tryServer(desk: McpDesk, server: McpServer, signal: AbortSignal): Promise<Tried> {
  try {
    return { server, outcome: await desk.probe({ server }, signal) };
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    return { server, outcome: withOtherHint(server.name, toHermesError(thrown)) };
  }
}

/** To try it is the hint everywhere else; here that has just been done. */
function withOtherHint(name: string, error: HermesError): HermesError {
  if (error.hint !== `hermes mcp test ${name}`) return error;
  const { code, message, retryable } = error;
  const hint = `correct mcp_servers.${name}: hermes config edit`;
  return new HermesError(code, message, { cause: error, hint, retryable });
}

async function show(
  { ports, mask }: CommandContext,
  { server, outcome }: Tried,
  isOneOfMany: boolean,
): Promise<void> {
  const { name, settings } = server;
  if (outcome instanceof HermesError) {
    await printText(ports, `${name}: failed\n`);
    // The reason of a single one is how the command ends.
    return isOneOfMany ? await printWarning(ports, mask(outcome.message)) : undefined;
  }
  const { stdout } = ports.terminal;
  const { about, ms, notices } = outcome;
  const who = about === undefined ? "" : ` (${oneLine(`${about.name} ${about.version}`)})`;
  const lines = [
    `${name}: ready in ${ms} ms${who}`,
    `  ${mask(oneLine(placeText(settings)))}`,
    ...Object.entries(settings.headers).map(([key, value]) => `  ${key}: ${masked(value)}`),
    ...toolLines(outcome, stdout.isTty ? stdout.columns() : undefined),
  ];
  await printText(ports, `${lines.join("\n")}\n`);
  for (const notice of notices) await printWarning(ports, mask(notice));
}

/** The ends of a secret, which tell it from another one; nothing of a short one. */
export function masked(value: string): string {
  const secret = value.replace(/^Bearer\s+/i, "");
  const kept = secret.length > 16 ? `${secret.slice(0, 4)}***${secret.slice(-4)}` : "***";
  return value.slice(0, value.length - secret.length) + kept;
}

/** The tools below one another: name, what it does, and as much of its description as a line holds. */
export function toolLines(
  { tools, used }: Pick<McpProbe, "tools" | "used">,
  width: number | undefined,
): readonly string[] {
  const rows = tools.map((tool) => ({
    name: used.get(tool.name) ?? `(not used) ${oneLine(tool.name)}`,
    kind: tool.isReadOnly ? "reads" : tool.isDestructive ? "may destroy" : "acts",
    about: oneLine(tool.description.trim().split("\n")[0] ?? ""),
  }));
  // One long name must not take the place of all descriptions.
  const nameWidth = Math.min(maxNameWidth, Math.max(0, ...rows.map(({ name }) => textWidth(name))));
  const kindWidth = Math.max(0, ...rows.map(({ kind }) => kind.length));
  return rows.map(({ name, kind, about }) => {
    const blanks = " ".repeat(Math.max(0, nameWidth - textWidth(name)));
    const known = `  ${name}${blanks}  ${kind.padEnd(kindWidth)}  `;
    const room = width === undefined ? maxAboutChars : Math.max(0, width - textWidth(known));
    return (known + fitWidth(about, room)).trimEnd();
  });
}

function toJson({ server, outcome }: Tried, mask: (text: string) => string): JsonObject {
  const { name, settings } = server;
  const transport = settings.url === "" ? "stdio" : "http";
  if (outcome instanceof HermesError) {
    return { name, transport, ok: false, error: errorToJson(outcome, mask) };
  }
  const { about, ms, tools, used, notices } = outcome;
  return {
    name,
    transport,
    ok: true,
    duration_ms: ms,
    server: about ? { name: about.name, version: about.version } : null,
    tools: tools.map((tool) => ({
      name: tool.name,
      used_as: used.get(tool.name) ?? null,
      description: tool.description,
      read_only: tool.isReadOnly,
      destructive: tool.isDestructive,
    })),
    notices: notices.map(mask),
  };
}
