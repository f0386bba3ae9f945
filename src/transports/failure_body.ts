import { isJsonObject, parseJson } from "../core/json.ts";

/** What an error body says, wherever its dialect puts it. */
export interface ErrorBody {
  /** What is meant for people, outermost first. */
  readonly messages: readonly string[];
  /** `code`, `type` and `status` words in lower case. */
  readonly codes: readonly string[];
  /** A number in their place, where it is an HTTP status (OpenRouter, llama.cpp). */
  readonly status?: number;
  /** How long until a limit lifts, where a field says so. */
  readonly resetMs?: number;
  /** When a limit lifts, in ms since epoch, where a field says that. */
  readonly resetAt?: number;
}

/** Fields with words for people. `raw` is what OpenRouter passes on from the provider behind it. */
const messageFields = ["message", "detail", "error", "error_description", "reason", "msg", "raw"];
const codeFields = ["code", "type", "status", "error"];
/** Statuses in numbers or digits; `status_code` is the Codex backend's within a stream. */
const statusFields = ["code", "status", "status_code", "statusCode"];
/** Seconds: the Codex backend and LiteLLM; Google writes `34s`. */
const resetFields = ["resets_in_seconds", "retry_after_seconds", "retry_after", "retryDelay"];
/** Seconds since epoch (Codex backend), or milliseconds (OpenRouter). */
const resetAtFields = ["resets_at", "X-RateLimit-Reset"];
const nestedFields = [
  "error",
  "detail",
  "errors",
  "details",
  "innererror",
  "metadata",
  "headers",
  "response",
];

/** Deeper than every dialect nests, and an end to bodies that contain themselves. */
const maxDepth = 6;
/** Of a list of errors only the first ones: a validation report may hold one per message sent. */
const maxEntries = 4;
/** Characters of a text that are read: the reason stands at its beginning, a page's title too. */
const maxText = 20_000;

/** Reads an error body of any shape: JSON or text, flat or nested, JSON inside a message; what is strange is skipped. */
export function readErrorBody(body: unknown): ErrorBody {
  const messages: string[] = [];
  const codes: string[] = [];
  let status: number | undefined;
  let resetMs: number | undefined;
  let resetAt: number | undefined;

  function readText(text: string, depth: number): void {
    const inner = text.trimStart().startsWith("{") ? parseJson(text) : undefined;
    if (isJsonObject(inner)) return visit(inner, depth + 1);
    const message = plainText(text.slice(0, maxText));
    if (message !== "" && !messages.includes(message)) messages.push(message);
  }

  function readCode(value: unknown): void {
    // A sentence in `error` is a message; the words of a code know no blanks. A number is no word.
    if (typeof value === "string" && /^[\w.-]{2,64}$/.test(value) && !/^\d+$/.test(value)) {
      codes.push(value.toLowerCase());
    }
  }

  function readStatus(value: unknown): void {
    const number = typeof value === "string" && /^\d{3}$/.test(value) ? Number(value) : value;
    if (typeof number === "number" && number >= 400 && number <= 599) status ??= number;
  }

  function readReset(node: Readonly<Record<string, unknown>>): void {
    for (const field of resetFields) {
      const seconds = secondsOf(node[field]);
      if (seconds !== undefined) resetMs ??= Math.ceil(seconds * 1000);
    }
    for (const field of resetAtFields) {
      const at = Number(node[field] ?? Number.NaN);
      if (at > 1e9) resetAt ??= at > 1e11 ? at : at * 1000;
    }
  }

  function visit(node: unknown, depth: number): void {
    if (depth > maxDepth) return;
    if (typeof node === "string") return readText(node, depth);
    if (Array.isArray(node)) {
      for (const entry of node.slice(0, maxEntries)) visit(entry, depth + 1);
      return;
    }
    if (!isJsonObject(node)) return;
    for (const field of codeFields) readCode(node[field]);
    for (const field of statusFields) readStatus(node[field]);
    readReset(node);
    for (const field of messageFields) {
      const value = node[field];
      if (typeof value === "string") readText(value, depth);
    }
    for (const field of nestedFields) {
      if (typeof node[field] !== "string") visit(node[field], depth + 1);
    }
  }

  visit(body, 0);
  return {
    messages,
    codes,
    ...(status !== undefined && { status }),
    ...(resetMs !== undefined && { resetMs }),
    ...(resetAt !== undefined && { resetAt }),
  };
}

function secondsOf(value: unknown): number | undefined {
  const seconds =
    typeof value === "string" && /^\d+(?:\.\d+)?s$/.test(value) ? Number.parseFloat(value) : value;
  return typeof seconds === "number" && seconds >= 0 && Number.isFinite(seconds)
    ? seconds
    : undefined;
}

/** Whether a text is an HTML page. */
export function isPage(text: string): boolean {
  return /^\s*(?:<!doctype html|<html|<head|<title|<!--)/i.test(text);
}

/** One line of text; of an HTML page its title. */
export function plainText(text: string): string {
  const line = isPage(text) ? (titleOf(text) ?? "an HTML page without a title") : text;
  return line.replace(/\s+/g, " ").trim().toWellFormed();
}

function titleOf(page: string): string | undefined {
  const title = /<(title|h1)\b[^>]*>([^<]*)<\/\1>/i.exec(page)?.[2]?.trim();
  return title === undefined || title === "" ? undefined : title;
}
