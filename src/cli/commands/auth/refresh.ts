import { renewalJson, type RenewalOrder } from "../../../auth/renewal_helper.ts";
import type { Renewal } from "../../../auth/renewal.ts";
import { toHermesError } from "../../../core/errors.ts";
import { isJsonObject, type Json, parseJson } from "../../../core/json.ts";
import type { InputStream } from "../../../core/ports.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { usageError } from "../../flags.ts";

/**
 * Renews one login, for whoever waits for it or not: what would end this process in the middle is ignored, for the
 * answer of the server can be had only once.
 */
export async function run(context: CommandContext): Promise<number> {
  const { ports } = context;
  const ignore = (): void => undefined;
  using _ = ports.signals.on("SIGTERM", ignore);
  using __ = ports.signals.on("SIGINT", ignore);
  using ___ = ports.signals.on("SIGHUP", ignore);
  const order = readOrder(parseJson(await readAll(ports.terminal.stdin)) ?? null);
  const desk = await (await context.app()).logins();
  const renewal = await desk.renew(order).catch((error: unknown): Renewal => {
    return { kind: "failed", error: toHermesError(error) };
  });
  await ports.terminal.stdout.write(`${JSON.stringify(renewalJson(renewal))}\n`);
  return exitCodes.done;
}

function readOrder(json: Json): RenewalOrder {
  const order = isJsonObject(json) ? json : {};
  const text = (name: string): string => {
    const value = order[name];
    if (typeof value === "string" && value !== "") return value;
    throw usageError("There is no order on stdin", "hermes renews logins by itself");
  };
  return { path: text("path"), provider: text("provider"), id: text("id"), seen: text("seen") };
}

async function readAll(stdin: InputStream): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stdin.chunks()) text += decoder.decode(chunk, { stream: true });
  return text;
}
