import { isAbsolute, join, normalize } from "node:path/posix";
import type { ApprovalMode, ConversationOptions } from "../app.ts";
import { defined } from "../core/defined.ts";
import {
  choiceFlag,
  filledFlag,
  integerFlag,
  listFlag,
  numberFlag,
  spell,
  switchFlag,
  usageError,
  type FlagValues,
} from "./flags.ts";

/** The flags of a turn, checked as far as that goes without a look at the disk; paths are absolute. */
export interface TurnOptions {
  readonly model?: string;
  readonly provider?: string;
  readonly baseUrl?: string;
  readonly runtime?: "auto" | "codex_app_server";
  readonly resume?: NonNullable<ConversationOptions["resume"]>;
  readonly toolsets?: readonly string[];
  readonly skills?: readonly string[];
  readonly requireMcp: readonly string[];
  readonly images: readonly string[];
  readonly maxSteps?: number;
  readonly deadlineMs?: number;
  /** Absent: decided by the configuration and by whether somebody can be asked. */
  readonly approval?: ApprovalMode;
  readonly allow: readonly string[];
  readonly cwd: string;
  readonly lastMessageFile?: string;
  readonly outputSchemaFile?: string;
  readonly ephemeral: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly debug: boolean;
  readonly record?: string;
  readonly replay?: string;
}

/** The longest deadline that a timer can hold (2^31 - 1 ms), in seconds. */
export const maxDeadlineSeconds = 2_147_483;

const approvalModes = ["ask", "smart", "deny", "yolo"] as const;

/**
 * Flags of a turn as options. `cwd` is the directory that hermes was started in; relative paths of files are read
 * against it, as the shell that completed them does, also beside `--cwd`.
 * @throws {HermesError} `usage/invalid`
 */
export function turnOptions(flags: FlagValues, cwd: string): TurnOptions {
  refuseTogether(flags, "continue", "resume");
  refuseTogether(flags, "ephemeral", "continue");
  refuseTogether(flags, "ephemeral", "resume");
  refuseTogether(flags, "record", "replay");
  const path = (name: string): string | undefined => {
    const value = filledFlag(flags, name);
    return value === undefined ? undefined : absolute(value, cwd);
  };
  const deadlineSeconds = numberFlag(flags, "deadline", { min: 0.001, max: maxDeadlineSeconds });
  return {
    ...defined("model", filledFlag(flags, "model")),
    ...defined("provider", filledFlag(flags, "provider")),
    ...defined("baseUrl", baseUrlOf(flags)),
    ...defined("runtime", choiceFlag(flags, "runtime", runtimes)),
    ...defined("resume", resumeOf(flags)),
    ...defined("toolsets", namesFlag(flags, "toolsets")),
    ...defined("skills", namesFlag(flags, "skills")),
    requireMcp: [...new Set(listFlag(flags, "requireMcp"))],
    images: listFlag(flags, "image").map((image) => absolute(image, cwd)),
    ...defined("maxSteps", integerFlag(flags, "maxTurns", { min: 1, max: 100_000 })),
    ...defined("deadlineMs", deadlineSeconds === undefined ? undefined : deadlineSeconds * 1_000),
    ...defined("approval", approvalOf(flags)),
    allow: listFlag(flags, "allow"),
    cwd: path("cwd") ?? cwd,
    ...defined("lastMessageFile", path("outputLastMessage")),
    ...defined("outputSchemaFile", path("outputSchema")),
    ephemeral: switchFlag(flags, "ephemeral"),
    json: switchFlag(flags, "json"),
    quiet: switchFlag(flags, "quiet"),
    verbose: switchFlag(flags, "verbose"),
    debug: switchFlag(flags, "debug"),
    ...defined("record", path("record")),
    ...defined("replay", path("replay")),
  };
}

export const runtimes = ["auto", "codex_app_server"] as const;

/** What a conversation is opened with, as far as flags decide it. */
export function conversationOptions(
  options: TurnOptions,
): Omit<ConversationOptions, "source" | "approval"> {
  return {
    cwd: options.cwd,
    ...defined("model", options.model),
    ...defined("provider", options.provider),
    ...defined("baseUrl", options.baseUrl),
    ...defined("runtime", options.runtime),
    ...defined("resume", options.resume),
    ...defined("toolsets", options.toolsets),
    ...defined("skills", options.skills),
    ...(options.requireMcp.length === 0 ? {} : { requireMcp: options.requireMcp }),
    ...defined("maxSteps", options.maxSteps),
    ephemeral: options.ephemeral,
    allow: options.allow,
    ...defined("record", options.record),
    ...(options.replay === undefined
      ? {}
      : { replay: { kind: "file" as const, path: options.replay } }),
  };
}

/** A path as seen from a directory. */
export function absolute(path: string, directory: string): string {
  return normalize(isAbsolute(path) ? path : join(directory, path));
}

function refuseTogether(flags: FlagValues, one: string, other: string): void {
  if (flags[one] === undefined || flags[other] === undefined) return;
  throw usageError(
    `${spell(one)} and ${spell(other)} exclude one another`,
    `leave ${spell(one)} or ${spell(other)} out`,
  );
}

function baseUrlOf(flags: FlagValues): string | undefined {
  const text = filledFlag(flags, "baseUrl");
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  if (url?.protocol === "http:" || url?.protocol === "https:") return text;
  throw usageError(
    `--base-url expects an http or https address: ${text}`,
    "for example --base-url http://127.0.0.1:11434/v1",
  );
}

function resumeOf(flags: FlagValues): ConversationOptions["resume"] {
  if (switchFlag(flags, "continue")) return { kind: "latest" };
  const idOrTitle = filledFlag(flags, "resume");
  return idOrTitle === undefined ? undefined : { kind: "named", idOrTitle };
}

/** The names in a flag that takes several, separated by commas, and may be repeated. */
export function namesFlag(flags: FlagValues, flag: string): readonly string[] | undefined {
  if (flags[flag] === undefined) return undefined;
  const names = listFlag(flags, flag)
    .flatMap((list) => list.split(","))
    .map((name) => name.trim())
    .filter((name) => name !== "");
  return [...new Set(names)];
}

function approvalOf(flags: FlagValues): ApprovalMode | undefined {
  const mode = choiceFlag(flags, "approval", approvalModes);
  if (!switchFlag(flags, "yolo")) return mode;
  if (mode === undefined || mode === "yolo") return "yolo";
  throw usageError(`--yolo contradicts --approval ${mode}`, "leave one of them out");
}
