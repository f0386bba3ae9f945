import type { ModelFlags } from "../app.ts";
import { windowOf } from "../config/context_windows.ts";
import { keyVariable } from "../config/expand.ts";
import type { ResolvedModel } from "../config/resolve_endpoint.ts";
import { resolveFallback } from "../config/resolve_fallback.ts";
import type { Config } from "../config/schema.ts";
import type { AuxiliaryTask } from "../core/auxiliary.ts";
import type { CredentialSource } from "../core/credential.ts";
import { defined } from "../core/defined.ts";
import { HermesError, toHermesError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { ModelTransport } from "../core/model.ts";
import type { SideUsage } from "../core/spending.ts";
import {
  type Auxiliary,
  type AuxiliaryPlan,
  type AuxiliaryRoute,
  createAuxiliary,
} from "./auxiliary.ts";
import { checkedSource } from "./checked_source.ts";
import { lazy } from "./lazy.ts";
import { endpointTransport } from "./model_side.ts";
import type { AppParts } from "./parts.ts";
import { resolveForSession } from "./session_endpoint.ts";
import { watchdogsOf } from "./watchdog_env.ts";

/** The model of the conversation. */
export interface MainModel {
  readonly provider: string;
  readonly model: string;
  readonly baseUrl: string;
  /** A transport to it that tries once, with the conversation's own credentials. */
  connect(): Promise<ModelTransport>;
}

export interface AuxiliaryOptions {
  readonly config: Config;
  /** Absent where another program asks the conversation's model: then only what a task names can be asked. */
  readonly main?: MainModel;
  readonly log: Log;
  /** Takes what each call used; never rejects. */
  readonly keep?: (side: SideUsage) => Promise<void>;
}

/** Small calls as the configuration sends them, and what they were opened with. */
export type OpenAuxiliary = Auxiliary & Disposable;

/** Seconds for the calls of a task. A summary reads a whole history. */
const usualTimeout = 30;
const timeouts: { readonly [Task in AuxiliaryTask]?: number } = { compression: 120 };
/** Tasks without whose answer a conversation comes to its end: a limit or a mistake at the place that is named is no reason for that. */
const vital: ReadonlySet<AuxiliaryTask> = new Set(["compression"]);

/**
 * Small calls by the table `auxiliary`: a task goes to the provider or model that is named for it, else to the
 * conversation's own, and from there to `fallback_providers`. Opens nothing before the first call, and each place once.
 */
export function openAuxiliary(
  app: AppParts,
  { config, main, log, keep }: AuxiliaryOptions,
): OpenAuxiliary {
  const opened: CredentialSource[] = [];
  const connect = async (
    resolve: () => Promise<ResolvedModel>,
    key?: string,
  ): Promise<AuxiliaryRoute> => {
    const resolved = await resolve();
    const source = await app.credentials(resolved);
    opened.push(source);
    const { endpoint, model } = resolved;
    const credentials = await checkedSource(source, resolved);
    const transport = await endpointTransport({ ports: app.ports, credentials }, endpoint, {
      maxAttempts: 1,
      prices: config.prices,
      contextLength: windowOf(resolved),
      watchdogs: watchdogsOf(await app.env()),
    });
    const place = { provider: endpoint.provider, baseUrl: endpoint.baseUrl, model };
    return { ...place, transport, ...defined("key", key) };
  };
  const own = main && lazy(async () => ({ ...main, transport: await main.connect() }));
  const opening = (entry: FallbackEntry) =>
    lazy(() =>
      connect(
        async () => resolveFallback(entry, { config, env: await app.env() }),
        entry.key_env === "" ? undefined : entry.key_env,
      ),
    );
  const others = config.fallback_providers.map(opening);
  const plans = new Map<AuxiliaryTask, AuxiliaryPlan>();
  const planOf = (task: AuxiliaryTask): AuxiliaryPlan => {
    const settings = config.auxiliary[task];
    const isNamed = settings !== undefined && namesPlace(settings);
    const { model = "", api_key: key = "", extra_body: extraBody = {} } = settings ?? {};
    const isOther = isNamed || (main !== undefined && (model !== "" || key !== ""));
    const named =
      isOther &&
      lazy(() => connect(() => resolveTask(app, task, { settings, main }), keyVariable(key)));
    const chain = (settings?.fallback_chain ?? []).map(opening);
    const places = [
      ...(named ? [named] : []),
      // Who named a place for a task named those behind it for that place.
      ...(isNamed ? chain : []),
      ...(own ? [own] : []),
      ...(isNamed ? [] : chain),
      ...(own ? others : []),
    ];
    return {
      isNamed,
      isVital: vital.has(task),
      timeoutMs: (settings?.timeout ?? timeouts[task] ?? usualTimeout) * 1_000,
      // The fields are those of the place that is meant: another one may refuse them.
      routes: places.map((open, index) =>
        index === 0 && Object.keys(extraBody).length > 0
          ? async () => ({ ...(await open()), extraBody })
          : open,
      ),
    };
  };
  const auxiliary = createAuxiliary({
    clock: app.ports.clock,
    rests: app.creditRests,
    log,
    ...defined("keep", keep),
    plan(task) {
      const plan = plans.get(task) ?? planOf(task);
      plans.set(task, plan);
      return plan;
    },
  });
  return {
    ...auxiliary,
    async ask(request, signal) {
      // It may go to another provider than the conversation does.
      const redactor = await app.redactor();
      return await auxiliary.ask({ ...request, text: redactor.content(request.text) }, signal);
    },
    [Symbol.dispose]() {
      for (const credentials of opened) credentials.release?.();
    },
  };
}

/** Small calls where the conversation's own model cannot be asked; undefined where no task names another one. */
export async function openNamedAuxiliary(
  app: AppParts,
  options: Pick<AuxiliaryOptions, "config" | "keep">,
): Promise<OpenAuxiliary | undefined> {
  const { config } = options;
  return Object.values(config.auxiliary).some(
    (settings) => namesPlace(settings) || settings.fallback_chain.length > 0,
  )
    ? openAuxiliary(app, { ...options, log: await app.log() })
    : undefined;
}

type TaskSettings = Config["auxiliary"][string];
type FallbackEntry = Config["fallback_providers"][number];

function namesPlace({ provider, base_url: address }: TaskSettings): boolean {
  return !["", "auto"].includes(provider.trim().toLowerCase()) || address !== "";
}

/** @throws {HermesError} `config/invalid` with the name of the task */
async function resolveTask(
  app: Pick<AppParts, "resolveModel">,
  task: AuxiliaryTask,
  {
    settings,
    main,
  }: { readonly settings: TaskSettings | undefined; readonly main?: MainModel | undefined },
): Promise<ResolvedModel> {
  const { provider = "", model = "", base_url: baseUrl = "", api_key: key = "" } = settings ?? {};
  try {
    if (settings !== undefined && !namesPlace(settings) && main !== undefined) {
      const resolve = (flags: ModelFlags): Promise<ResolvedModel> => app.resolveModel(flags);
      const flags = model === "" ? {} : { model };
      return withKey(await resolveForSession(resolve, flags, main), key);
    }
    return withKey(await app.resolveModel(flagsOf({ provider, model, baseUrl })), key);
  } catch (error) {
    const { message, hint } = toHermesError(error);
    throw new HermesError("config/invalid", `Cannot use auxiliary.${task}: ${message}`, {
      cause: error,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

/** The place with the key that is named for it and no other one. */
function withKey(resolved: ResolvedModel, key: string): ResolvedModel {
  const name = keyVariable(key);
  if (name === undefined) return resolved;
  return { ...resolved, keyEnv: [name], noKeyNeeded: false, pool: undefined };
}

function flagsOf(named: { provider: string; model: string; baseUrl: string }): ModelFlags {
  const provider = named.provider.trim().toLowerCase() === "auto" ? "" : named.provider;
  return {
    ...(provider === "" ? {} : { provider }),
    ...(named.model === "" ? {} : { model: named.model }),
    ...(named.baseUrl === "" ? {} : { baseUrl: named.baseUrl }),
  };
}
