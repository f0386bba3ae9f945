import type * as z from "zod";
import { defaults } from "./defaults.ts";
import { describeIssue, isOurRule, showValue } from "./describe_issue.ts";
import { formatKey, type KeyPath } from "./key_path.ts";
import type { ConfigProblem } from "./problem.ts";
import { type Config, schemaOf } from "./schema.ts";
import { nearestKey } from "./schema_path.ts";
import { isTable, withModelTable, withValue } from "./tree.ts";

/** What a tree of plain data is as a configuration. */
export interface ValidatedConfig {
  /** Absent when a problem is `invalid`. */
  readonly config?: Config;
  readonly problems: readonly ConfigProblem[];
}

export interface ValidateOptions {
  /** Where a path stands, for messages: `config.yaml:3:5`. */
  readonly place: (path: KeyPath, what: "key" | "value") => string;
  /** The value at a path as it was written: what variables expand to may be secret. */
  readonly written: (path: KeyPath) => unknown;
}

/**
 * The tree in the shape of the schema: `model: name` is short for its `default`, and a key without a value is not set,
 * as every key has a default.
 */
export function normalizeTree(tree: unknown): unknown {
  return withModelTable(withoutNulls(tree) ?? {});
}

/** Checks a normalized tree. An unknown key is a problem of its own and does not void the rest. */
export function validateTree(tree: unknown, options: ValidateOptions): ValidatedConfig {
  const first = parse(tree);
  if (first.config) return { config: first.config, problems: [] };
  const unknown = first.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...pathOf(issue), key]) : [],
  );
  const known = unknown.reduce<unknown>((rest, path) => withValue(rest, path, undefined), tree);
  const second = parse(known);
  const problems = [
    ...second.issues.map((issue) => invalid(issue, options)),
    ...unknown.map((path) => unknownKey(path, options)),
  ];
  return second.config ? { config: second.config, problems } : { problems };
}

/** A reading of a tree: what it says over the defaults, or what is wrong with it. */
function parse(tree: unknown): {
  readonly config?: Config;
  readonly issues: readonly z.core.$ZodIssue[];
} {
  const schema = schemaOf(isTable(tree) ? Object.keys(tree) : []);
  // Compiling the schema takes 5 ms and pays off from the hundredth reading on; a program reads it once.
  const result = schema.safeParse(tree, { jitless: true });
  if (!result.success) return { issues: result.error.issues };
  // The schema of what is there fills in the rest of it; of what is not there everything is a default.
  return { config: { ...defaults, ...result.data } as Config, issues: [] };
}

function invalid(issue: z.core.$ZodIssue, { place, written }: ValidateOptions): ConfigProblem {
  const path = pathOf(issue);
  const key = formatKey(path);
  const subject = key === "" ? "A configuration" : key;
  // Our own rules are about addresses, which may hold a password, about whole tables, and about names.
  const found = isOurRule(issue) ? "" : `, found ${showValue(written(path))}`;
  return {
    kind: "invalid",
    path: key,
    message: `${place(path, "value")}: ${subject} ${describeIssue(issue)}${found}`,
  };
}

function unknownKey(path: KeyPath, { place }: ValidateOptions): ConfigProblem {
  const key = formatKey(path);
  const message = `${place(path, "key")}: Unknown key: ${key}`;
  return { kind: "unknown_key", path: key, message, hint: hintFor(path) };
}

/** What to write in place of an unknown key. */
export function hintFor(path: KeyPath): string {
  // Checked first: it is near `api_mode`, and a secret must not stay in this file.
  if (path.at(-1) === "api_key")
    return "keys stand in .env beside config.yaml, as NAME_API_KEY=...";
  const nearest = nearestKey(path);
  return nearest === undefined ? "hermes config show lists every key" : `did you mean ${nearest}?`;
}

/** zod's path in the words of this room: symbols do not occur in data. */
function pathOf(issue: z.core.$ZodIssue): KeyPath {
  return issue.path.filter((segment) => typeof segment !== "symbol");
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isTable(value)) return value ?? undefined;
  const entries = Object.entries(value).filter(([, child]) => child !== null);
  return Object.fromEntries(entries.map(([key, child]) => [key, withoutNulls(child)]));
}
