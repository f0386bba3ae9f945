import type { Migration } from "../../../app/codex_config.ts";
import type { PlannedServer } from "../../../codex/config_plan.ts";
import type { JsonObject } from "../../../core/json.ts";
import { diffOf } from "../../../tools/patching/describe_changes.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { switchFlag } from "../../flags.ts";
import { printDocument, printNote, printText, printWarning } from "../../print.ts";
import type { Mask } from "../../render/error.ts";
import { oneLine, plainText } from "../../render/plain.ts";

export interface ReportOptions {
  readonly isDryRun: boolean;
  /** What became of `model.openai_runtime`, where that is a part of the command. */
  readonly runtime?: { readonly before: string; readonly after: string };
}

/** Prints what a migration did, or would do; the exit code tells scripts whether a dry run found something to do. */
export async function finishMigration(
  context: CommandContext,
  migration: Migration,
  options: ReportOptions,
): Promise<number> {
  const { ports, flags, mask } = context;
  const { runtime, isDryRun } = options;
  const isChanged = migration.isChanged || (runtime && runtime.before !== runtime.after) === true;
  const code = isDryRun && isChanged ? exitCodes.wouldChange : exitCodes.done;
  if (switchFlag(flags, "json")) {
    await printDocument(ports, migrationToJson(migration, { ...options, mask }));
    return code;
  }
  if (isDryRun && migration.isChanged) {
    await printText(ports, mask(plainText(diffText(migration))));
  }
  if (runtime) await printNote(ports, runtimeLine(runtime, isDryRun));
  for (const line of migrationLines(migration, isDryRun)) await printNote(ports, mask(line));
  for (const line of warningLines(migration)) await printWarning(ports, mask(line));
  return code;
}

/** The one document of `--json`. */
function migrationToJson(
  migration: Migration,
  { isDryRun, runtime, mask }: ReportOptions & { readonly mask: Mask },
): JsonObject {
  const { codexHome, file, plan, isChanged, isChecked, problems, plugins } = migration;
  return {
    ok: true,
    dry_run: isDryRun,
    changed: isChanged,
    checked: isChecked,
    codex_home: codexHome,
    file,
    ...(runtime ? { runtime: runtime.after, previous_runtime: runtime.before } : {}),
    servers: plan.servers.map(({ name, action, isAdopted }) => ({
      name,
      action: action.replace("-", "_"),
      adopted: isAdopted,
    })),
    taken_back: plan.takenBack,
    markers_removed: plan.markers,
    problems: problems.map(({ server, message }) => ({ server, message: mask(message) })),
    plugins,
    diff: isDryRun && isChanged ? mask(diffText(migration)) : null,
  };
}

/** What was done, one line each. */
export function migrationLines(
  { file, plan, isChanged, after }: Migration,
  isDryRun: boolean,
): readonly string[] {
  const [would, did] = after === undefined ? ["Would remove", "Removed"] : ["Would write", "Wrote"];
  const verb = isDryRun ? would : did;
  const lines = plan.servers.flatMap((server) => serverLine(server));
  const others = [
    ...plan.takenBack.map((key) => `- ${key}, which an older hermes had set`),
    ...(plan.markers === 0 ? [] : ["- the markers of an older hermes"]),
  ];
  const first = isChanged ? `${verb} ${file}` : `Nothing to change in ${file}`;
  return [first, ...[...lines, ...others].map((line) => `  ${oneLine(line)}`)];
}

/** What needs a person, one line each. */
export function warningLines(migration: Migration): readonly string[] {
  const { plan, problems, plugins } = migration;
  const kept = plan.servers.flatMap(({ name, action }): readonly string[] => {
    if (action === "keep-foreign") {
      return [
        `${name}: config.toml has a server of this name that this home of hermes did not write, which stays; to have this one: codex mcp remove ${name}`,
      ];
    }
    return action === "keep-edited"
      ? [
          `${name}: changed since hermes wrote it, and left so; to have it anew: codex mcp remove ${name}`,
        ]
      : [];
  });
  const told = problems.map(({ server, message }) => `${server} ${message}`);
  return [
    ...kept,
    ...told,
    ...uncheckedLine(migration),
    ...(plugins.length === 0 ? [] : [`plugins stay as they are: ${plugins.join(", ")}`]),
  ];
}

/** Why codex has not judged a text beforehand; nothing where there is none to judge. */
function uncheckedLine({ isChanged, isChecked, hasCodex, file }: Migration): readonly string[] {
  if (isChecked || !isChanged) return [];
  return hasCodex
    ? [`codex can judge this only in its place, since ${file} does not stand without other files`]
    : ["codex could not be asked whether it accepts this: its program was not found"];
}

function serverLine({ name, action, isAdopted }: PlannedServer): readonly string[] {
  const from = isAdopted ? " (of an older hermes)" : "";
  switch (action) {
    case "add":
      return [`+ ${name}`];
    case "update":
      return [`~ ${name}${from}`];
    case "remove":
      return [`- ${name}${from}`];
    case "unchanged":
      return [`= ${name}${from}`];
    case "same-foreign":
      return [`= ${name} (yours, the same)`];
    case "keep-edited":
    case "keep-foreign":
      return [];
    default:
      return action satisfies never;
  }
}

function runtimeLine(
  { before, after }: NonNullable<ReportOptions["runtime"]>,
  isDryRun: boolean,
): string {
  if (before === after) return `model.openai_runtime is ${after} already`;
  return `model.openai_runtime: ${before} → ${after}${isDryRun ? " (not yet)" : ", for new sessions"}`;
}

function diffText({ file, before, after }: Migration): string {
  return diffOf({ path: file, before, after });
}
