import type { ModelFlags } from "../../../app.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { filledFlag, switchFlag, type FlagValues } from "../../flags.ts";
import { printDocument, printNote, printTable } from "../../print.ts";
import type { Column } from "../../render/table.ts";

interface ModelRow {
  readonly id: string;
  readonly isChosen: boolean;
}

/**
 * `hermes model list`: what the endpoint offers, with the model that turns use. Which endpoint and model that are is
 * told before anything is asked, and so also where the endpoint does not answer.
 */
export async function run(context: CommandContext): Promise<number> {
  const { ports } = context;
  const { flags, json } = modelListOptions(context.flags);
  const app = await context.app();
  const { endpoint, model, label } = await app.resolveModel(flags);
  if (!json) await printNote(ports, `${label} at ${endpoint.baseUrl}, model ${model}`);
  const offered = await app.listModels(flags, new AbortController().signal);
  const rows = offered.map((id) => ({ id, isChosen: id === model }));
  if (json) {
    await printDocument(ports, {
      provider: endpoint.provider,
      base_url: endpoint.baseUrl,
      model,
      models: rows.map(({ id, isChosen }) => ({ id, chosen: isChosen })),
    });
    return exitCodes.done;
  }
  await printTable(ports, columns, { rows, ifEmpty: "The endpoint offers no models" });
  if (rows.length > 0 && !rows.some((row) => row.isChosen)) {
    await printNote(ports, `${model} is not among them: choose one with hermes model set MODEL`);
  }
  return exitCodes.done;
}

/** Flags as options. @throws {HermesError} `usage/invalid` */
export function modelListOptions(flags: FlagValues): {
  readonly flags: ModelFlags;
  readonly json: boolean;
} {
  const provider = filledFlag(flags, "provider");
  return {
    flags: provider === undefined ? {} : { provider },
    json: switchFlag(flags, "json"),
  };
}

const columns: readonly Column<ModelRow>[] = [
  { header: "MODEL", text: (row) => row.id },
  { header: "", text: (row) => (row.isChosen ? "chosen" : "") },
];
