import type { App } from "../../../app.ts";
import type { RecordedMigration } from "../../../app/codex_config.ts";
import type { CodexStatus } from "../../../codex/status.ts";
import { toHermesError } from "../../../core/errors.ts";
import type { CodexAccount } from "../../../codex/client.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { CommandContext } from "../../command.ts";
import { errorExitCode, exitCodes } from "../../exit_codes.ts";
import { switchFlag } from "../../flags.ts";
import { printDocument, printTable, printWarning } from "../../print.ts";
import { errorToJson, renderError, type Mask } from "../../render/error.ts";
import { oneLine } from "../../render/plain.ts";
import { styleFor } from "../../render/style.ts";
import type { Column } from "../../render/table.ts";

/** `hermes codex status`: the codex that turns would run on, its sign-in and what is wrong with it. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, mask } = context;
  const app = await context.app();
  const config = await app.config();
  const status = await app.codexStatus(new AbortController().signal);
  const { failure } = status;
  const code = failure === undefined ? exitCodes.done : errorExitCode(failure);
  const configured = config.model.openai_runtime;
  const { migration, trouble } = await readMigration(app);
  if (switchFlag(flags, "json")) {
    const warnings = [...status.warnings, ...(trouble === undefined ? [] : [trouble])];
    const told = { ...status, warnings };
    await printDocument(ports, statusToJson(told, { configured, mask, migration }));
    return code;
  }
  const rows = [...factsOf(status, configured, mask), ...migrationFacts(migration)];
  await printTable(ports, columns, { rows, ifEmpty: "" });
  if (trouble !== undefined) await printWarning(ports, mask(trouble));
  if (failure) {
    const { stderr } = ports.terminal;
    const style = styleFor(ports.env, stderr);
    await stderr.write(renderError(failure, { mask, style, debug: switchFlag(flags, "debug") }));
  }
  return code;
}

/** What hermes wrote into codex's configuration; that it cannot be told is no failure of codex. */
async function readMigration(app: App): Promise<{
  readonly migration?: RecordedMigration;
  readonly trouble?: string;
}> {
  try {
    return { migration: await (await app.codexConfig()).recorded() };
  } catch (error) {
    return { trouble: toHermesError(error).message };
  }
}

/** The one document of `--json`. */
function statusToJson(
  status: CodexStatus,
  {
    configured,
    mask,
    migration,
  }: {
    readonly configured: string;
    readonly mask: Mask;
    readonly migration: RecordedMigration | undefined;
  },
): JsonObject {
  const { path, version, account, settings, warnings, failure } = status;
  return {
    ok: failure === undefined,
    runtime: configured,
    binary: path ?? null,
    version: version ?? null,
    account:
      account === undefined
        ? null
        : {
            signed_in: account.kind !== undefined,
            required: account.isNeeded,
            kind: account.kind ?? null,
            email: account.email ?? null,
            plan: account.plan ?? null,
          },
    model: settings?.model ?? null,
    model_provider: settings?.modelProvider ?? null,
    config_file: migration?.file ?? null,
    migrated_servers: migration?.servers ?? null,
    warnings: warnings.map(mask),
    error: failure === undefined ? null : errorToJson(failure, mask),
  };
}

interface Fact {
  readonly name: string;
  readonly text: string;
}

const columns: readonly Column<Fact>[] = [
  { header: "CODEX", text: ({ name }) => name },
  { header: "", isWhole: true, text: ({ text }) => text },
];

function factsOf(status: CodexStatus, configured: string, mask: Mask): readonly Fact[] {
  const { path, version, account, settings, warnings } = status;
  const provider = settings?.modelProvider;
  return [
    { name: "runtime", text: runtimeText(configured) },
    { name: "binary", text: path ?? "none" },
    ...(version === undefined ? [] : [{ name: "version", text: version }]),
    ...(account === undefined ? [] : [{ name: "sign-in", text: accountText(account) }]),
    ...(settings === undefined
      ? []
      : [
          {
            name: "model",
            text: `${settings.model ?? "codex's own choice"}${provider === undefined ? "" : ` (${provider})`}`,
          },
        ]),
    ...warnings.map((text) => ({ name: "warning", text: mask(oneLine(text)) })),
  ];
}

function migrationFacts(migration: RecordedMigration | undefined): readonly Fact[] {
  if (!migration) return [];
  const { file, servers } = migration;
  const text =
    servers.length === 0
      ? `nothing of hermes in ${file}: hermes codex migrate`
      : `${servers.join(", ")} in ${file}, written by hermes`;
  return [{ name: "MCP servers", text }];
}

function runtimeText(configured: string): string {
  const setting = `model.openai_runtime is ${configured}`;
  return configured === "codex_app_server"
    ? `${setting}: turns of OpenAI's models run on it`
    : `${setting}: turns run on it with --runtime codex_app_server; always: hermes codex enable`;
}

function accountText({ kind, email, plan, isNeeded }: CodexAccount): string {
  if (kind === undefined) return isNeeded ? "nobody is signed in" : "not needed";
  const details = [email, plan].filter((detail) => detail !== undefined).join(", ");
  return details === "" ? kind : `${kind} (${details})`;
}
