import type { CodexStatus } from "../../../codex/status.ts";
import type { CodexAccount } from "../../../codex/client.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { CommandContext } from "../../command.ts";
import { errorExitCode, exitCodes } from "../../exit_codes.ts";
import { switchFlag } from "../../flags.ts";
import { printDocument, printTable } from "../../print.ts";
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
  if (switchFlag(flags, "json")) {
    await printDocument(ports, statusToJson(status, { configured, mask }));
    return code;
  }
  await printTable(ports, columns, { rows: factsOf(status, configured, mask), ifEmpty: "" });
  if (failure) {
    const { stderr } = ports.terminal;
    const style = styleFor(ports.env, stderr);
    await stderr.write(renderError(failure, { mask, style, debug: switchFlag(flags, "debug") }));
  }
  return code;
}

/** The one document of `--json`. */
export function statusToJson(
  status: CodexStatus,
  { configured, mask }: { readonly configured: string; readonly mask: Mask },
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

function runtimeText(configured: string): string {
  const setting = `model.openai_runtime is ${configured}`;
  return configured === "codex_app_server"
    ? `${setting}: turns of OpenAI's models run on it`
    : `${setting}: turns run on it with --runtime codex_app_server; always: hermes config set model.openai_runtime codex_app_server`;
}

function accountText({ kind, email, plan, isNeeded }: CodexAccount): string {
  if (kind === undefined) return isNeeded ? "nobody is signed in" : "not needed";
  const details = [email, plan].filter((detail) => detail !== undefined).join(", ");
  return details === "" ? kind : `${kind} (${details})`;
}
