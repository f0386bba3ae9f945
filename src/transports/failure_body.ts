import { isJsonObject, parseJson } from "../core/json.ts";

/** What an error body says, wherever its dialect puts it. */
export interface ErrorBody {
  /** What is meant for people, outermost first. */
  readonly messages: readonly string[];
  /** `code`, `type` and `status` words in lower case. */
  readonly codes: readonly string[];
  /** A number in their place, where it is an HTTP status (OpenRouter, llama.cpp). */
  readonly status?: number;
  /** When a limit lifts, where a field says so. */
  readonly resetMs?: number;
}

/** Fields with words for people. `raw` is what OpenRouter passes on from the provider behind it. */
const messageFields = ["message", "detail", "error", "error_description", "reason", "msg", "raw"];
const codeFields = ["code", "type", "status", "error"];
/** Seconds: the Codex backend and LiteLLM. */
const resetFields = ["resets_in_seconds", "retry_after_seconds", "retry_after"];
const nestedFields = ["error", "detail", "errors", "details", "innererror", "metadata", "response"];

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

  function readText(text: string, depth: number): void {
    const inner = text.trimStart().startsWith("{") ? parseJson(text) : undefined;
    if (isJsonObject(inner)) return visit(inner, depth + 1);
    const message = plainText(text.slice(0, maxText));
    if (message !== "" && !messages.includes(message)) messages.push(message);
  }

  function readCode(value: unknown): void {
    if (typeof value === "number" && value >= 400 && value <= 599) status ??= value;
    // A sentence in `error` is a message; the words of a code know no blanks. A number is no word.
    if (typeof value === "string" && /^[\w.-]{2,64}$/.test(value) && !/^\d+$/.test(value)) {
      codes.push(value.toLowerCase());
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
    for (const field of resetFields) {
      const seconds = node[field];
      if (typeof seconds === "number" && seconds >= 0) resetMs ??= Math.ceil(seconds * 1000);
    }
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
  };
}

/** Whether a text is an HTML page. */
export function isPage(text: string): boolean {
  return /^\s*(?:<!doctype html|<html|<head|<title|<!--)/i.test(text);
}

/** One line of text; of an HTML page its title. */
export function plainText(text: string): string {
  const line = isPage(text) ? (titleOf(text) ?? "an HTML page without a title") : text;
  return line.replace(/\s+/g, " ").trim();
}

function titleOf(page: string): string | undefined {
  const title = /<(title|h1)\b[^>]*>([^<]*)<\/\1>/i.exec(page)?.[2]?.trim();
  return title === undefined || title === "" ? undefined : title;
}
