import type { App, ApprovalMode } from "../../app.ts";
import { HermesError, toHermesError } from "../../core/errors.ts";
import { didYouMean } from "../../core/did_you_mean.ts";
import { missingSignIn } from "../commands/codex/missing_sign_in.ts";
import { oneLine, plainText } from "../render/plain.ts";
import type { SlashCommand } from "./slash_command.ts";

export const modelCommand: SlashCommand = {
  name: "/model",
  operands: "[MODEL [PROVIDER]]",
  summary: "show the models, or go on with another one",
  async run({ app, talk, conversation, modelFlags, signal, reopen }, operands) {
    const [model, provider] = operands.split(/\s+/).filter((word) => word !== "");
    if (model !== undefined) {
      await reopen({ kind: "same" }, { model, ...(provider === undefined ? {} : { provider }) });
      return "stay";
    }
    await talk.say(`${talk.style.bold(conversation.model)} (${conversation.provider})`);
    if (conversation.runtime === "codex_app_server") {
      await talk.say(
        talk.style.dim("codex asks its models itself; /model MODEL goes on with another one"),
      );
      return "stay";
    }
    const models = await app.listModels(modelFlags, signal);
    const lines = models.map((id) => `${id === conversation.model ? "•" : " "} ${oneLine(id)}`);
    await talk.say([...lines, talk.style.dim("/model MODEL goes on with another one")].join("\n"));
    return "stay";
  },
};

const approvalModes: Readonly<Record<ApprovalMode, string>> = {
  ask: "dangerous commands are asked about",
  smart: "a small model allows what is harmless, the rest is asked about",
  deny: "dangerous commands are denied",
  yolo: "everything is allowed",
};

export const approvalsCommand: SlashCommand = {
  name: "/approvals",
  operands: "[ask|smart|deny|yolo]",
  summary: "how dangerous commands are decided",
  async run({ app, talk, conversation, reopen }, operands) {
    if (operands !== "") {
      await reopen({ kind: "same" }, { approval: readMode(operands) });
      return "stay";
    }
    const { command_allowlist: patterns } = await app.config();
    const mode = conversation.approval;
    const others = Object.entries(approvalModes)
      .filter(([name]) => name !== mode)
      .map(([name, meaning]) => talk.style.dim(`/approvals ${name}: ${meaning}`));
    const allowed = patterns.map((pattern) => `always allowed: ${plainText(pattern)}`);
    await talk.say([`${mode}: ${approvalModes[mode]}`, ...allowed, ...others].join("\n"));
    return "stay";
  },
};

function readMode(text: string): ApprovalMode {
  const names = Object.keys(approvalModes);
  for (const mode of ["ask", "smart", "deny", "yolo"] as const) if (mode === text) return mode;
  const near = didYouMean(text, names);
  throw new HermesError("usage/invalid", `No such mode: ${text}`, {
    hint: near === undefined ? `choose one of ${names.join(", ")}` : `did you mean ${near}?`,
  });
}

export const configCommand: SlashCommand = {
  name: "/config",
  summary: "where the configuration is, and what it says",
  async run({ app, talk, conversation }) {
    const config = await app.config();
    const stat = await app.ports.files.stat(app.paths.configFile);
    const rows: readonly (readonly [string, string])[] = [
      ["file", `${app.paths.configFile}${stat ? "" : " (not there: defaults)"}`],
      ["model", `${conversation.model} (${conversation.provider})`],
      ["approvals", `${conversation.approval}, ${config.approvals.timeout} s to answer`],
      ["steps of a turn", String(config.agent.max_turns)],
      ["terminal timeout", `${config.terminal.timeout} s`],
    ];
    const lines = rows.map(([name, value]) => `${name.padEnd(18)}${plainText(value)}`);
    const hint = "hermes config show tells everything, hermes config set KEY VALUE changes it";
    await talk.say([...lines, talk.style.dim(hint)].join("\n"));
    return "stay";
  },
};

const runtimeWords: ReadonlyMap<string, "auto" | "codex_app_server"> = new Map([
  ["on", "codex_app_server"],
  ["codex", "codex_app_server"],
  ["enable", "codex_app_server"],
  ["codex_app_server", "codex_app_server"],
  ["off", "auto"],
  ["default", "auto"],
  ["disable", "auto"],
  ["hermes", "auto"],
  ["auto", "auto"],
]);

export const codexRuntimeCommand: SlashCommand = {
  name: "/codex-runtime",
  aliases: ["/codex_runtime"],
  operands: "[on|off]",
  summary: "whether OpenAI's models run on codex",
  async run({ app, talk, mask, conversation, signal, later }, operands) {
    const config = await app.freshConfig();
    const current = config.model.openai_runtime;
    if (operands === "") {
      const status = await app.codexStatus(signal);
      const codex = status.failure?.message.split("\n")[0] ?? `codex ${status.version ?? ""}`;
      const here = conversation.runtime === "codex_app_server" ? "codex" : "hermes's own loop";
      const lines = [`this session: ${here}`, `model.openai_runtime: ${current}`, plainText(codex)];
      await talk.say(lines.join("\n"));
      return "stay";
    }
    const wanted = runtimeWords.get(operands.toLowerCase());
    if (wanted === undefined) {
      throw new HermesError("usage/invalid", `No such runtime: ${operands}`, {
        hint: "/codex-runtime on, or /codex-runtime off",
      });
    }
    const missing = wanted === "codex_app_server" ? await missingSignIn(app, signal) : undefined;
    const { applyEdits } = await import("../../config/edit.ts");
    await applyEdits(app.ports.files, app.paths, [
      { path: ["model", "openai_runtime"], value: wanted },
    ]);
    later({ runtime: wanted });
    const change = wanted === current ? `already ${wanted}` : `${current} → ${wanted}`;
    const migrated = await migrationText(app, wanted);
    const lines = [migrated, ...(missing === undefined ? [] : [`warning: ${missing}`])];
    const note = talk.style.dim("holds for new sessions: /new");
    await talk.say(
      `model.openai_runtime: ${change}\n${plainText(mask(lines.join("\n")))}\n${note}`,
    );
    return "stay";
  },
};

/** What became of codex's own configuration: that it could not be written stops nothing. */
async function migrationText(app: App, wanted: "auto" | "codex_app_server"): Promise<string> {
  const { migrationLines, warningLines } = await import("../commands/codex/migration_report.ts");
  try {
    const desk = await app.codexConfig();
    const options = { isDryRun: false };
    const migration =
      wanted === "auto" ? await desk.unmigrate(options) : await desk.migrate(options);
    const warnings = warningLines(migration).map((line) => `warning: ${line}`);
    return [...migrationLines(migration, false), ...warnings].join("\n");
  } catch (error) {
    const { message, hint } = toHermesError(error);
    const lines = [`warning: codex's configuration was left as it is: ${message}`, hint ?? []];
    return lines.flat().join("\n");
  }
}
