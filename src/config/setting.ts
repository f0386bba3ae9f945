import * as z from "zod";
import { HermesError } from "../core/errors.ts";
import { describeIssue, isOurRule, showValue } from "./describe_issue.ts";
import { formatKey, parseKey, type KeyPath } from "./key_path.ts";
import { bare, schemaAt } from "./schema_path.ts";
import { valueAt } from "./tree.ts";
import { hintFor } from "./validate.ts";
import { parseYaml } from "./yaml_source.ts";

/** A value for a key, as it goes into the file. */
export interface Setting {
  readonly path: KeyPath;
  readonly value: unknown;
}

/** `--set key=value`. @throws {HermesError} `usage/invalid` */
export function parseOverride(text: string): Setting {
  const equals = text.indexOf("=");
  if (equals <= 0) {
    throw new HermesError("usage/invalid", `Expected --set key=value: ${text}`, {
      hint: "for example --set agent.max_turns=5",
    });
  }
  return parseSetting(text.slice(0, equals), text.slice(equals + 1));
}

/**
 * A key and its value as typed by a person. Text and numbers are taken as they are; lists and tables are YAML:
 * `[a, b]`, `{a: 1}`.
 * @throws {HermesError} `usage/invalid` for an unknown key (with a suggestion) or a value of the wrong type
 */
export function parseSetting(key: string, text: string): Setting {
  const path = knownPath(key);
  const schema = schemaAt(path);
  if (!schema) throw new TypeError(`No schema at a known key: ${key}`);
  const isContainer = [z.ZodObject, z.ZodRecord, z.ZodArray, z.ZodLazy].some(
    (kind) => bare(schema) instanceof kind,
  );
  const isNull = schema instanceof z.ZodNullable && text.trim() === "null";
  const value = isNull ? null : isContainer ? parseContainer(key, text) : text;
  const parsed = z.safeParse(schema, value);
  if (parsed.success) return { path, value: isContainer ? value : parsed.data };
  const [issue] = parsed.error.issues;
  if (!issue) throw new TypeError(`A value is refused without a reason: ${key}`);
  const inside = issue.path.filter((part) => typeof part !== "symbol");
  // Our own rules are about addresses, which may hold a password, about whole tables, and about names.
  const found = isOurRule(issue) ? "" : `, found ${showValue(valueAt(value, inside))}`;
  const at = formatKey([...path, ...inside]);
  throw new HermesError("usage/invalid", `${at} ${describeIssue(issue)}${found}`, {
    hint: "hermes config show lists every key with its value",
  });
}

/** The path of a key that exists. `model` alone is short for its `default`. @throws {HermesError} `usage/invalid` */
export function knownPath(key: string): KeyPath {
  const path = parseKey(key);
  if (!schemaAt(path)) {
    throw new HermesError("usage/invalid", `Unknown key: ${key}`, { hint: hintFor(path) });
  }
  return path.length === 1 && path[0] === "model" ? ["model", "default"] : path;
}

function parseContainer(key: string, text: string): unknown {
  try {
    return parseYaml(text, key).tree;
  } catch (error) {
    if (!(error instanceof HermesError)) throw error;
    throw new HermesError("usage/invalid", `Could not read the value of ${error.message}`, {
      hint: "lists are written [a, b], tables {a: 1}",
    });
  }
}
