import { variablesOf } from "../../../app/mcp_desk.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { printNote } from "../../print.ts";
import { secretPrefix } from "./entry.ts";
import { writtenSettings } from "./written_settings.ts";

/** `hermes mcp remove`: the server, its login, and the keys in `.env` that are its own. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, operands } = context;
  const app = await context.app();
  const desk = await app.mcp();
  const { name } = await desk.find(operands[0] ?? "");
  const others = (await desk.servers()).filter((server) => server.name !== name);
  const written = await writtenSettings(app);
  const used = new Set(
    others.flatMap((other) => written.get(other.name) ?? []).flatMap(variablesOf),
  );
  const own = [written.get(name)]
    .flatMap((settings) => (settings ? variablesOf(settings) : []))
    .filter((variable) => variable.startsWith(secretPrefix(name)) && !used.has(variable));
  await desk.write(name, undefined);
  if (own.length > 0) {
    await desk.setSecrets(Object.fromEntries(own.map((variable) => [variable, undefined])));
  }
  const hadLogin = await desk.forget(name);
  const also = [
    ...(hadLogin ? ["its login"] : []),
    ...own.map((variable) => `${variable} in .env`),
  ];
  const words = also.length === 0 ? "" : `, with ${also.join(" and ")}`;
  await printNote(ports, `Removed MCP server ${name}${words}`);
  return exitCodes.done;
}
