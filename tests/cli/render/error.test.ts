import { expect, test } from "bun:test";
import { errorToJson, renderError } from "../../../src/cli/render/error.ts";
import { HermesError } from "../../../src/core/errors.ts";
import { createRedactor } from "../../../src/core/redact.ts";

const plain = { mask: (text: string) => text, style: { red: (text: string) => text } };

test("renderError() ends with what happened and what fixes it", () => {
  const error = new HermesError("auth/missing", "No credential for openai", {
    hint: "export OPENAI_API_KEY=...",
  });
  expect(renderError(error, { ...plain, debug: false })).toBe(
    "error: No credential for openai (auth/missing)\nhint: export OPENAI_API_KEY=...\n",
  );
});

test("renderError() puts the lines of a long message before its summary", () => {
  const error = new HermesError("replay/mismatch", "The run asks for something else\n- a\n+ b");
  expect(renderError(error, { ...plain, debug: false })).toBe(
    "- a\n+ b\nerror: The run asks for something else (replay/mismatch)\n",
  );
});

test("renderError() removes what a terminal would obey and keeps a hint in one line", () => {
  const error = new HermesError("network/unreachable", "\x1b[2Jgone\x07", { hint: "a\nb" });
  expect(renderError(error, { ...plain, debug: false })).toBe(
    "error: gone (network/unreachable)\nhint: a b\n",
  );
});

test("renderError() with debug adds the stacks of the error and its causes, before the summary", () => {
  const cause = new Error("socket closed");
  const error = new HermesError("network/unreachable", "No connection", { cause });
  const lines = renderError(error, { ...plain, debug: true }).split("\n");
  expect(lines[0]).toContain("HermesError: No connection");
  expect(lines.some((line) => line.startsWith("caused by Error: socket closed"))).toBe(true);
  expect(lines.slice(-2)).toEqual(["error: No connection (network/unreachable)", ""]);
});

test("renderError() tells what was received with debug and with verbose, and only there", () => {
  const error = new HermesError("network/timeout", "Late").explain("HTTP 200 after 0.1 s");
  const lines = [{ debug: false }, { debug: false, verbose: true }].map((options) =>
    renderError(error, { ...plain, ...options }),
  );
  expect(lines).toEqual([
    "error: Late (network/timeout)\n",
    "received: HTTP 200 after 0.1 s\nerror: Late (network/timeout)\n",
  ]);
  expect(renderError(error, { ...plain, debug: true })).toContain("\nreceived: HTTP 200");
});

test("renderError() ends for causes in a circle", () => {
  const error = new Error("round");
  error.cause = error;
  const text = renderError(new HermesError("internal/bug", "x", { cause: error }), {
    ...plain,
    debug: true,
  });
  expect(text.match(/^caused by/gm)?.length).toBe(4);
});

test("renderError() and errorToJson() mask secrets in message, hint and stack", () => {
  const key = `sk-${"a1B2c3D4".repeat(5)}`;
  const error = new HermesError("auth/rejected", `Rejected: ${key}`, {
    hint: `not https://user:${key}@host/?api_key=${key}`,
    cause: new Error(key),
    retryable: true,
    httpStatus: 401,
  });
  const redactor = createRedactor();
  const mask = (text: string): string => redactor.boundary(text);
  expect(renderError(error, { ...plain, mask, debug: true })).not.toContain(key);
  const json = errorToJson(error, mask);
  expect(JSON.stringify(json)).not.toContain(key);
  expect(json).toMatchObject({ code: "auth/rejected", retryable: true, http_status: 401 });
});
