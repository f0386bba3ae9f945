import type { McpServerSettings } from "../../../config/mcp_servers.ts";
import { readConfig } from "../../../config/read_config.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { Env } from "../../../core/ports.ts";
import { filledFlag, listFlag, usageError, type FlagValues } from "../../flags.ts";

/** What `hermes mcp add` was told, checked. */
export interface AddRequest {
  readonly name: string;
  /** What goes into the file; `${...}` stand for secrets. */
  readonly entry: JsonObject;
  /** The variable whose value is not known yet, for what, and the flag that refers to another variable instead. */
  readonly asks:
    { readonly variable: string; readonly what: string; readonly instead: string } | undefined;
  /** Values that were on the command line and belong into `.env`. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly isOauth: boolean;
}

/** What a name of a server may be: a key of YAML and TOML, and a word of shells. */
const namePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const secretName = /key|token|secret|password|passwd|credential|auth/i;
const reference = /\$\{[A-Za-z_][A-Za-z0-9_]*\}/;

/** How the variables of a server's secrets begin in `.env`. */
export function secretPrefix(name: string): string {
  return `MCP_${name.toUpperCase().replace(/[^A-Z0-9]/g, "_")}_`;
}

/**
 * The entry that flags and operands come to. Secrets become variables: one that stands on the command line is moved to
 * `.env`, one that is missing has to be asked for. None becomes one of `taken`, the variables of other servers.
 * @throws {HermesError} `usage/invalid`
 */
export function addRequest(
  flags: FlagValues,
  operands: readonly string[],
  taken: ReadonlySet<string>,
): AddRequest {
  const [name = "", command, ...args] = operands;
  if (!namePattern.test(name)) {
    throw usageError(
      `An MCP server's name is letters, digits, ".", "_" and "-": ${JSON.stringify(name)}`,
      "hermes mcp add NAME -- COMMAND",
    );
  }
  const url = filledFlag(flags, "url");
  const auth = filledFlag(flags, "auth");
  const [headers, env] = [listFlag(flags, "header"), listFlag(flags, "env")];
  if ((url === undefined) === (command === undefined)) {
    const both = url === undefined ? "neither a command nor --url" : "a command and --url";
    throw usageError(
      `MCP server ${name} was given ${both}`,
      `hermes mcp add ${name} -- COMMAND ARGUMENTS, or hermes mcp add ${name} --url URL`,
    );
  }
  if (auth !== undefined && auth !== "header" && auth !== "oauth") {
    throw usageError(
      `--auth is neither header nor oauth: ${auth}`,
      "leave it out, or pass --auth header or --auth oauth",
    );
  }
  if (url === undefined && (auth !== undefined || headers.length > 0)) {
    throw usageError("A program has no headers", "give it variables: --env NAME=value");
  }
  if (url !== undefined && (env.length > 0 || filledFlag(flags, "cwd") !== undefined)) {
    throw usageError("An HTTP server has no environment of ours", "send headers: --header");
  }
  const secrets = new Secrets(name, taken);
  const given = Object.fromEntries([
    ...headers.map((header) => secrets.header(header)),
    ...(auth === "header" ? [secrets.bearer()] : []),
    ...env.map((variable) => secrets.variable(variable)),
  ]);
  const table = Object.keys(given).length === 0 ? undefined : given;
  const cwd = filledFlag(flags, "cwd");
  const [include, exclude] = [namesIn(flags, "include"), namesIn(flags, "exclude")];
  return {
    name,
    entry: {
      ...(url === undefined
        ? { command: command ?? "", ...(args.length === 0 ? {} : { args }) }
        : { url, ...(auth === "oauth" ? { auth } : {}) }),
      ...(table === undefined ? {} : url === undefined ? { env: table } : { headers: table }),
      ...(cwd === undefined ? {} : { cwd }),
      ...(include.length + exclude.length === 0
        ? {}
        : {
            tools: {
              ...(include.length === 0 ? {} : { include }),
              ...(exclude.length === 0 ? {} : { exclude }),
            },
          }),
      enabled: true,
    },
    asks: secrets.asks,
    secrets: secrets.values,
    isOauth: auth === "oauth",
  };
}

/**
 * The settings that an entry comes to.
 * @throws {HermesError} `usage/invalid` for one that the configuration could not have
 */
export function settingsOf(name: string, entry: JsonObject, env: Env): McpServerSettings {
  const text = JSON.stringify({ mcp_servers: { [name]: entry } });
  const { config, problems } = readConfig({ text, file: "hermes mcp add", env });
  const settings = config?.mcp_servers[name];
  if (settings) return settings;
  const problem = problems.find(({ kind }) => kind === "invalid");
  if (!problem) throw new TypeError("An entry is invalid without a problem");
  // A place in a text that was made from flags tells nobody anything.
  const said = problem.message.replace(/^.*?:\d+:\d+: /, "");
  throw usageError(
    `MCP server ${name} is not added: ${said}`,
    "hermes mcp add --help tells the flags",
  );
}

function namesIn(flags: FlagValues, flag: string): readonly string[] {
  const names = (filledFlag(flags, flag) ?? "").split(",").map((name) => name.trim());
  return names.filter((name) => name !== "");
}

/** Turns values into references to variables of `.env`. */
class Secrets {
  readonly values: Record<string, string> = {};
  asks: AddRequest["asks"];
  readonly #prefix: string;
  readonly #taken: ReadonlySet<string>;

  constructor(server: string, taken: ReadonlySet<string>) {
    this.#prefix = secretPrefix(server);
    this.#taken = taken;
  }

  bearer(): [string, string] {
    const instead = "--header 'Authorization: Bearer ${VARIABLE}'";
    return ["Authorization", `Bearer ${this.#ask("API_KEY", { what: "API key", instead })}`];
  }

  /** `Name: value`, or `Name` alone for a secret. */
  header(text: string): [string, string] {
    const [, name = "", value] = /^([A-Za-z0-9!#$%&'*+.^_`|~-]+)\s*(?::\s*(.*))?$/.exec(text) ?? [];
    if (name === "")
      throw usageError(
        `--header expects NAME: VALUE: ${text.split(":")[0] ?? ""}`,
        "--header 'X-Region: eu'",
      );
    if (value === undefined || value === "") {
      const isBearer = name.toLowerCase() === "authorization";
      const instead = `--header '${name}: \${VARIABLE}'`;
      return isBearer ? this.bearer() : [name, this.#ask("API_KEY", { what: name, instead })];
    }
    if (reference.test(value) || !(secretName.test(name) || /cookie/i.test(name)))
      return [name, value];
    // It was in the list of processes already; into a file that is shared and shown it must not go.
    const scheme = /^(Bearer|Basic)\s+/i.exec(value)?.[0] ?? "";
    return [name, scheme + this.#keep("API_KEY", value.slice(scheme.length))];
  }

  /** `NAME=value`, or `NAME` alone for a secret. */
  variable(text: string): [string, string] {
    const [, name = "", value] = /^([A-Za-z_][A-Za-z0-9_]*)(?:=([\s\S]*))?$/.exec(text) ?? [];
    if (name === "")
      throw usageError(
        `--env expects NAME=VALUE: ${text.split("=")[0] ?? ""}`,
        "--env LOG_LEVEL=info",
      );
    if (value === undefined) {
      const instead = `--env '${name}=\${VARIABLE}'`;
      return [name, this.#ask(name.toUpperCase(), { what: name, instead })];
    }
    if (reference.test(value) || !secretName.test(name) || value === "") return [name, value];
    return [name, this.#keep(name.toUpperCase(), value)];
  }

  #ask(word: string, about: { readonly what: string; readonly instead: string }): string {
    if (this.asks) {
      throw usageError(
        "Only one secret can be asked for at a time",
        `refer to a variable for the other one: ${about.instead}`,
      );
    }
    const variable = this.#variable(word);
    this.asks = { variable, ...about };
    return `\${${variable}}`;
  }

  #keep(word: string, value: string): string {
    const variable = this.#variable(word);
    this.values[variable] = value;
    return `\${${variable}}`;
  }

  /** A variable that holds no other secret: names that differ in their signs alone would come to the same one. */
  #variable(word: string): string {
    const stem = `${this.#prefix}${word}`;
    const isFree = (name: string): boolean =>
      !this.#taken.has(name) && !Object.hasOwn(this.values, name) && this.asks?.variable !== name;
    let variable = stem;
    for (let count = 2; !isFree(variable); count++) variable = `${stem}_${count}`;
    return variable;
  }
}
