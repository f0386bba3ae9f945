import * as z from "zod";
import { keyVariable } from "./expand.ts";

/**
 * Every key of `config.yaml` with its type and default. Keys are spelled as in the file. What is read is strict: a
 * key that is not here is an unknown key.
 */

/** Quoted numbers are numbers: `${VAR}` expands to text. */
const numeric = <Schema extends z.ZodType<number>>(schema: Schema) =>
  z.preprocess((value) => {
    const isNumeral = typeof value === "string" && /^-?\d+(?:\.\d+)?$/.test(value);
    return isNumeral ? Number(value) : value;
  }, schema);

/** Seconds and counts. */
const positive = numeric(z.number().positive());
const count = numeric(z.int().min(1));
const countOrZero = numeric(z.int().min(0));
const fraction = numeric(z.number().min(0).max(1));

/** The words of YAML 1.1 (`yes`, `off`, ...) are text in YAML 1.2; files of either age are read alike. */
const WORDS: ReadonlyMap<unknown, boolean> = new Map([
  ["true", true],
  ["yes", true],
  ["on", true],
  ["false", false],
  ["no", false],
  ["off", false],
]);
const flag = z.preprocess(
  (value) => (typeof value === "string" ? (WORDS.get(value.toLowerCase()) ?? value) : value),
  z.boolean(),
);

/** `off` is `false` to YAML 1.1. */
const approvalMode = z.preprocess(
  (value) => (value === false ? "off" : value),
  z.enum(["manual", "smart", "off"]),
);

/** `on` and `off` are `true` and `false` to YAML 1.1. */
const notifications = z.preprocess(
  (value) => (typeof value === "boolean" ? (value ? "on" : "off") : value),
  z.enum(["off", "on", "verbose"]),
);

const text = z.string();
const name = z.string().trim().min(1);
const texts = z.array(z.string());
const apiMode = z.enum(["", "chat_completions", "codex_responses"]);

/** Values of environments and headers: `PORT: 8080` means text. */
const textTable = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean()]).transform(String),
);

const webUrl = z
  .string()
  .trim()
  .refine((value) => value === "" || isWebUrl(value), {
    error: "expects an http or https address without a user name",
  });

const timezone = z
  .string()
  .trim()
  .refine((value) => value === "" || isTimezone(value), {
    error: "expects the name of a time zone, such as Europe/Berlin",
  });

const model = () =>
  z.strictObject({
    default: text.default(""),
    provider: text.default("auto"),
    base_url: webUrl.default(""),
    api_mode: apiMode.default(""),
    context_length: count.nullable().default(null),
    max_tokens: count.nullable().default(null),
    openai_runtime: z.enum(["auto", "codex_app_server"]).default("auto"),
    reasoning_effort: z
      .enum(["none", "minimal", "low", "medium", "high", "xhigh"])
      .default("medium"),
    service_tier: text.default(""),
  });

const customProvider = () =>
  z.strictObject({
    name,
    base_url: webUrl.min(1),
    api_mode: apiMode.default(""),
    /** Name of the variable that holds the key; none is sent where it is empty. */
    key_env: text.default(""),
    models: z
      .record(z.string(), z.strictObject({ context_length: count.nullable().default(null) }))
      .default({}),
  });

const fallbackProvider = () =>
  z.strictObject({
    provider: name,
    model: name,
    base_url: webUrl.default(""),
    key_env: text.default(""),
  });

const price = () =>
  z.strictObject({
    input: numeric(z.number().min(0)),
    /** As `input` where it is null. */
    cached_input: numeric(z.number().min(0)).nullable().default(null),
    output: numeric(z.number().min(0)),
  });

/** The variable that holds a key, which stands here as it is written: a secret has no place in this file. */
const keyReference = text
  .trim()
  .refine((value) => value === "" || keyVariable(value) !== undefined, {
    error: "expects the variable that holds the key, such as ${OPENROUTER_API_KEY}",
  });

/** What makes a request what it is, on either wire. */
const ownFields: readonly string[] = [
  "model",
  "input",
  "messages",
  "instructions",
  "tools",
  "stream",
];

const extraField = z.string().refine((field) => !ownFields.includes(field), {
  error: `cannot be set, as none of these: ${ownFields.join(", ")}`,
});

const extraBody = () => z.record(extraField, z.json());

const auxiliaryTask = () =>
  z.strictObject({
    provider: text.default(""),
    model: text.default(""),
    base_url: webUrl.default(""),
    /** `${NAME}`. */
    api_key: keyReference.default(""),
    /** Fields of the request besides ours, at the first place that is asked. */
    extra_body: extraBody().default({}),
    /** Who is asked next, before `fallback_providers`. */
    fallback_chain: z.array(fallbackProvider()).default([]),
    timeout: positive.nullable().default(null),
  });

/** How often the same may happen in a turn. */
const guardLimits = (exact: number, sameTool: number, noProgress: number) =>
  z
    .strictObject({
      exact_failure: count.default(exact),
      same_tool_failure: count.default(sameTool),
      idempotent_no_progress: count.default(noProgress),
    })
    .prefault({});

const mcpServer = () =>
  z
    .strictObject({
      command: text.default(""),
      args: texts.default([]),
      env: textTable.default({}),
      cwd: text.default(""),
      url: webUrl.default(""),
      headers: textTable.default({}),
      /** `sse` is the transport of before 2025 (MCP 2024-11-05): known, so that what cannot use it can say so. */
      transport: z.enum(["", "stdio", "http", "streamable_http", "sse"]).default(""),
      /** How an HTTP server is signed in to, besides by its headers. */
      auth: z.enum(["", "header", "oauth"]).default(""),
      oauth: z
        .strictObject({
          client_id: text.default(""),
          client_secret: text.default(""),
          scope: text.default(""),
        })
        .prefault({}),
      ssl_verify: flag.default(true),
      enabled: flag.default(true),
      description: text.default(""),
      timeout: positive.nullable().default(null),
      connect_timeout: positive.nullable().default(null),
      supports_parallel_tool_calls: flag.default(false),
      tools: z
        .strictObject({
          include: texts.nullable().default(null),
          exclude: texts.default([]),
        })
        .prefault({}),
    })
    .refine((server) => (server.command === "") !== (server.url === ""), {
      error: "expects either command or url",
    });

/**
 * The tables and values of the file, each made when it is asked for: most files name a few of them, and to make all would
 * take longer than to read the file.
 */
const entries = {
  model: () => model().prefault({}),
  custom_providers: () => z.array(customProvider()).default([]),
  fallback_providers: () => z.array(fallbackProvider()).default([]),
  /** US dollars per million tokens, by model id: for providers that tell no cost. */
  prices: () => z.record(z.string(), price()).default({}),
  credential_pool_strategies: () =>
    z.record(z.string(), z.enum(["fill_first", "round_robin", "random", "least_used"])).default({}),
  agent: () =>
    z
      .strictObject({
        max_turns: count.default(90),
        api_max_retries: countOrZero.default(3),
        disabled_toolsets: texts.default([]),
      })
      .prefault({}),
  tool_loop_guardrails: () =>
    z
      .strictObject({
        warnings_enabled: flag.default(true),
        hard_stop_enabled: flag.default(false),
        warn_after: guardLimits(2, 3, 2),
        hard_stop_after: guardLimits(5, 8, 5),
      })
      .prefault({}),
  display: () =>
    z
      .strictObject({
        file_mutation_verifier: flag.default(true),
        turn_completion_explainer: flag.default(true),
        memory_notifications: notifications.default("on"),
      })
      .prefault({}),
  approvals: () =>
    z
      .strictObject({
        mode: approvalMode.default("manual"),
        timeout: positive.default(60),
        noninteractive: z.enum(["deny", "approve"]).default("deny"),
        cron_mode: z.enum(["deny", "approve"]).default("deny"),
      })
      .prefault({}),
  command_allowlist: () => texts.default([]),
  terminal: () =>
    z
      .strictObject({
        timeout: positive.default(180),
        cwd: text.default("."),
        env_passthrough: texts.default([]),
      })
      .prefault({}),
  tool_output: () =>
    z
      .strictObject({
        max_bytes: count.default(50_000),
        max_lines: count.default(2_000),
        max_line_length: count.default(2_000),
      })
      .prefault({}),
  compression: () =>
    z
      .strictObject({
        enabled: flag.default(true),
        threshold: fraction.default(0.5),
        target_ratio: fraction.default(0.2),
        protect_first_n: countOrZero.default(3),
        protect_last_n: countOrZero.default(20),
        abort_on_summary_failure: flag.default(true),
        codex_gpt55_autoraise: flag.default(true),
      })
      .prefault({}),
  auxiliary: () => z.record(z.string(), auxiliaryTask()).default({}),
  memory: () =>
    z
      .strictObject({
        memory_enabled: flag.default(true),
        user_profile_enabled: flag.default(true),
        memory_char_limit: count.default(2_200),
        user_char_limit: count.default(1_375),
        nudge_interval: countOrZero.default(10),
        write_approval: flag.default(false),
      })
      .prefault({}),
  skills: () =>
    z
      .strictObject({
        external_dirs: texts.default([]),
        creation_nudge_interval: countOrZero.default(10),
        write_approval: flag.default(false),
      })
      .prefault({}),
  delegation: () =>
    z
      .strictObject({
        max_iterations: count.default(50),
        max_concurrent_children: count.default(3),
      })
      .prefault({}),
  sessions: () =>
    z
      .strictObject({
        auto_prune: flag.default(false),
        auto_title: flag.default(true),
        retention_days: positive.default(90),
        write_json_snapshots: flag.default(false),
      })
      .prefault({}),
  security: () =>
    z
      .strictObject({
        redact_secrets: flag.default(true),
        allow_private_urls: flag.default(false),
      })
      .prefault({}),
  mcp_servers: () => z.record(z.string(), mcpServer()).default({}),
  codex: () =>
    z
      .strictObject({
        bin: name.default("codex"),
        turn_timeout_seconds: positive.default(600),
        silence_seconds: positive.default(90),
        thinking_silence_seconds: positive.default(300),
        offline_timeout_seconds: positive.default(60),
        expose_hermes_tools: flag.default(true),
        /** How codex gets them: from the process that runs the turn, or from `hermes mcp serve`. */
        hermes_tools: z.enum(["dynamic", "mcp"]).default("dynamic"),
      })
      .prefault({}),
  cron: () =>
    z
      .strictObject({
        max_parallel_jobs: count.default(4),
        script_timeout_seconds: positive.default(120),
        timezone: timezone.default(""),
      })
      .prefault({}),
  logging: () =>
    z
      .strictObject({ level: z.enum(["debug", "info", "warning", "error"]).default("info") })
      .prefault({}),
};

type Entries = typeof entries;
type Shape = { readonly [Name in keyof Entries]: ReturnType<Entries[Name]> };

/** The schema of the whole file; parsing `{}` gives the defaults. */
export function configSchema(): z.ZodObject<Shape, z.core.$strict> {
  return (whole ??= z.strictObject(made(() => true) as Shape));
}

let whole: z.ZodObject<Shape, z.core.$strict> | undefined;

/**
 * The schema of a file with these keys at its top and no others: the same for them as the whole one, while the defaults of
 * the others are not its business.
 */
export function schemaOf(keys: readonly string[]): z.ZodObject<Partial<Shape>, z.core.$strict> {
  return z.strictObject(made((key) => keys.includes(key)));
}

function made(isWanted: (key: string) => boolean): Partial<Shape> {
  const wanted = Object.entries(entries).filter(([key]) => isWanted(key));
  return Object.fromEntries(wanted.map(([key, make]) => [key, make()]));
}

/** The configuration with every default filled in. Times are seconds where the key does not say otherwise. */
export type Config = DeepReadonly<z.output<z.ZodObject<Shape>>>;

/** Readonly all the way down. */
type DeepReadonly<T> = T extends readonly (infer Element)[]
  ? readonly DeepReadonly<Element>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

function isWebUrl(value: string): boolean {
  const url = URL.parse(value);
  return (
    (url?.protocol === "http:" || url?.protocol === "https:") &&
    url.username === "" &&
    url.password === ""
  );
}

function isTimezone(value: string): boolean {
  try {
    Intl.DateTimeFormat("en", { timeZone: value });
    return true;
  } catch {
    return false;
  }
}
