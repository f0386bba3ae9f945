/** The JSON schema that a real codex tells of its own protocol: the oracle for every message that goes to it. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import { isJsonObject, type Json, type JsonObject } from "../../src/core/json.ts";
import { codexVersions } from "./codex_binaries.ts";

/** What one version of codex speaks. */
export interface CodexSchema {
  /** The methods of codex's own requests. */
  readonly serverRequests: readonly string[];
  /** The types of a thread's items. */
  readonly itemTypes: readonly string[];
  /** Codex's words for failures (`codexErrorInfo`). */
  readonly errorKinds: readonly string[];
  /** The schema of a server request's parameters, with its definitions. */
  paramsOf(method: string): JsonObject;
  /** What is wrong with the parameters of a server request; empty when they are valid. */
  validateParams(method: string, params: Json): readonly string[];
  /** What is wrong with the answer to a server request; empty when it is valid. */
  validateAnswer(method: string, result: Json): readonly string[];
  /** What is wrong with a request or a notification of ours; empty when it is valid. */
  validateClientMessage(message: Json): readonly string[];
}

const schemas = new Map<string, CodexSchema>();

/** The protocol of an installed version; asked of the program once per process, which takes some 100 ms. */
export function codexSchema(version: string): CodexSchema {
  const known = schemas.get(version);
  if (known) return known;
  const binary = codexVersions.find((installed) => installed.version === version);
  if (!binary) throw new Error(`This codex is not installed: ${version}`);
  const schema = createSchema(version, dump(binary.path));
  schemas.set(version, schema);
  return schema;
}

/**
 * What is wrong with a request (`{id, method, params}`) or a notification (`{method, params}`) that goes to codex; empty
 * when it is valid.
 */
export function validateClientMessage(version: string, message: Json): readonly string[] {
  return codexSchema(version).validateClientMessage(message);
}

/** What is wrong with the answer to a request of codex; empty when it is valid. */
export function validateAnswer(version: string, method: string, result: Json): readonly string[] {
  return codexSchema(version).validateAnswer(method, result);
}

/** Files by name; the folders of the two API versions repeat what the files beside them hold. */
function dump(codex: string): ReadonlyMap<string, JsonObject> {
  const directory = mkdtempSync(join(tmpdir(), "hermes-codex-schema-"));
  try {
    const [home, out] = [join(directory, "home"), join(directory, "out")];
    mkdirSync(home);
    execFileSync(codex, ["app-server", "generate-json-schema", "--experimental", "--out", out], {
      env: { HOME: home, CODEX_HOME: home, PATH: process.env["PATH"] ?? "" },
      stdio: "pipe",
    });
    const names = readdirSync(out).filter((name) => name.endsWith(".json"));
    return new Map(names.map((name) => [name, readObject(join(out, name))]));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function readObject(path: string): JsonObject {
  const value: unknown = JSON.parse(readFileSync(path, "utf8"));
  if (!isJsonObject(value)) throw new Error(`No schema: ${path}`);
  return value;
}

function createSchema(version: string, files: ReadonlyMap<string, JsonObject>): CodexSchema {
  const file = (name: string): JsonObject => {
    const found = files.get(name);
    if (!found) throw new Error(`codex ${version} has no schema ${name}`);
    return found;
  };
  const requests = branches(file("ServerRequest.json"));
  const clientRequests = branches(file("ClientRequest.json"));
  const clientNotifications = branches(file("ClientNotification.json"));

  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  const compiled = new Map<string, ValidateFunction>();
  const check = (key: string, schema: () => JsonObject, value: Json): readonly string[] => {
    const validate = compiled.get(key) ?? ajv.compile(schema());
    compiled.set(key, validate);
    validate(value);
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${instancePath || "(whole)"} ${message ?? ""} ${JSON.stringify(params)}`,
    );
  };
  const branch = (known: ReadonlyMap<string, JsonObject>, method: string): JsonObject => {
    const found = known.get(method);
    if (!found) throw new Error(`codex ${version} has no method ${method}`);
    return found;
  };
  const paramsOf = (method: string): JsonObject => {
    const { properties, definitions } = branch(requests, method);
    const params = isJsonObject(properties) ? properties["params"] : undefined;
    return { ...(isJsonObject(params) ? params : {}), definitions: definitions ?? {} };
  };

  return {
    serverRequests: [...requests.keys()],
    itemTypes: alternativesOf(file("ServerNotification.json"), "ThreadItem").flatMap((item) =>
      wordsOf(propertyOf(item, "type")),
    ),
    errorKinds: alternativesOf(file("ServerNotification.json"), "CodexErrorInfo").flatMap((kind) =>
      isJsonObject(kind["properties"]) ? Object.keys(kind["properties"]) : wordsOf(kind),
    ),
    paramsOf,
    validateParams: (method, params) => check(`params ${method}`, () => paramsOf(method), params),
    validateAnswer(method, result) {
      const { $ref } = paramsOf(method);
      const name = typeof $ref === "string" ? $ref.split("/").at(-1) : undefined;
      const response = `${name?.replace(/Params$/, "") ?? method}Response.json`;
      return check(`answer ${method}`, () => file(response), result);
    },
    validateClientMessage(message) {
      const method = isJsonObject(message) ? message["method"] : undefined;
      if (!isJsonObject(message) || typeof method !== "string") return ["no method"];
      const [kind, known] =
        "id" in message ? ["request", clientRequests] : ["notification", clientNotifications];
      if (!known.has(method)) return [`codex ${version} has no client ${kind} ${method}`];
      return check(`${kind} ${method}`, () => branch(known, method), message);
    },
  };
}

/** The alternatives of a union of messages by their method, each a whole schema. */
function branches(union: JsonObject): ReadonlyMap<string, JsonObject> {
  const { definitions = {} } = union;
  return new Map(
    alternatives(union).map((alternative) => {
      const [method] = wordsOf(propertyOf(alternative, "method"));
      if (method === undefined) throw new Error("A message of the schema has no method");
      return [method, { ...alternative, definitions }] as const;
    }),
  );
}

/** The alternatives of a union among the definitions of a schema. */
function alternativesOf({ definitions }: JsonObject, name: string): readonly JsonObject[] {
  const union = isJsonObject(definitions) ? definitions[name] : undefined;
  if (!isJsonObject(union)) throw new Error(`The schema does not define ${name}`);
  return alternatives(union);
}

function alternatives({ oneOf, anyOf }: JsonObject): readonly JsonObject[] {
  const union = oneOf ?? anyOf;
  return Array.isArray(union) ? (union as readonly Json[]).filter(isJsonObject) : [];
}

function propertyOf({ properties }: JsonObject, name: string): JsonObject {
  const property = isJsonObject(properties) ? properties[name] : undefined;
  return isJsonObject(property) ? property : {};
}

/** The strings that an enumeration allows. */
function wordsOf({ enum: words }: JsonObject): readonly string[] {
  return Array.isArray(words)
    ? (words as readonly Json[]).filter((word) => typeof word === "string")
    : [];
}
