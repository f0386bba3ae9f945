import type { App, ModelFlags } from "../../../app.ts";
import { applyEdits, type ConfigEdit } from "../../../config/edit.ts";
import { toHermesError } from "../../../core/errors.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { filledFlag, usageError, type FlagValues } from "../../flags.ts";
import { printNote } from "../../print.ts";

/** What is to be written: flags that were not given are not in it. */
export interface ModelChoice extends ModelFlags {
  readonly model: string;
}

/** `hermes model set`: the model of later turns, with its provider and address where they are given. */
export async function run(context: CommandContext): Promise<number> {
  const { ports } = context;
  const choice = modelChoice(context.flags, context.operands);
  const app = await context.app();
  const provider = await providerOf(app, choice);
  const { model } = await app.config();
  const edits = planModel(choice, { provider, current: model.provider });
  await applyEdits(ports.files, app.paths, edits);
  const words = edits.flatMap((edit) =>
    "value" in edit ? [`${edit.path.join(".")} = ${String(edit.value)}`] : [],
  );
  await printNote(ports, `${words.join(", ")} in ${app.paths.configFile}`);
  return exitCodes.done;
}

/** Flags and operands as a choice. @throws {HermesError} `usage/invalid` */
export function modelChoice(flags: FlagValues, operands: readonly string[]): ModelChoice {
  const model = operands[0]?.trim() ?? "";
  if (model === "") throw usageError("The model is empty", "hermes model set MODEL");
  const provider = filledFlag(flags, "provider");
  const baseUrl = filledFlag(flags, "baseUrl");
  return {
    model,
    ...(provider === undefined ? {} : { provider }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
  };
}

/**
 * The provider that the choice comes to, by the rules of a turn with the same flags; undefined where nothing says.
 * @throws {HermesError} `usage/invalid`, `config/invalid` for a choice that no turn could use
 */
async function providerOf(app: App, choice: ModelChoice): Promise<string | undefined> {
  try {
    return (await app.resolveModel(choice)).endpoint.provider;
  } catch (thrown) {
    const error = toHermesError(thrown);
    // A key can come later.
    if (error.code === "auth/missing") return choice.provider;
    throw error;
  }
}

/**
 * The edits that a choice comes to; pure. An address belongs to its provider: it goes when another provider is chosen,
 * and a new address brings its provider along.
 */
export function planModel(
  choice: ModelChoice,
  { provider, current }: { readonly provider: string | undefined; readonly current: string },
): readonly ConfigEdit[] {
  const edits: ConfigEdit[] = [{ path: ["model", "default"], value: choice.model }];
  const isNamed = choice.provider !== undefined || choice.baseUrl !== undefined;
  if (!isNamed || provider === undefined) return edits;
  edits.push({ path: ["model", "provider"], value: provider });
  if (choice.baseUrl !== undefined) {
    edits.push({ path: ["model", "base_url"], value: choice.baseUrl });
  } else if (provider !== current) edits.push({ path: ["model", "base_url"], unset: true });
  if (provider !== current) edits.push({ path: ["model", "api_mode"], unset: true });
  return edits;
}
