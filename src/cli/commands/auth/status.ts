import type { App } from "../../../app.ts";
import { isUsable } from "../../../auth/grant.ts";
import { refusal } from "../../../auth/pool_refusals.ts";
import { customPool } from "../../../config/resolve_endpoint.ts";
import { type HermesError, toHermesError } from "../../../core/errors.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { CommandContext } from "../../command.ts";
import { errorExitCode, exitCodes } from "../../exit_codes.ts";
import { switchFlag } from "../../flags.ts";
import { printDocument, printTable } from "../../print.ts";
import { errorToJson, type Mask } from "../../render/error.ts";
import { counted } from "../../../core/counted.ts";
import type { Column } from "../../render/table.ts";
import { grantState } from "./grant_text.ts";
import { knownProvider } from "./known_provider.ts";
import { listLogins, type ListedLogin } from "./list.ts";

/** Whether a provider can be used, and why not. */
interface ProviderStatus {
  readonly provider: string;
  readonly isReady: boolean;
  /** Logins and keys that can be used now. */
  readonly ready: number;
  readonly all: number;
  /** Why none can be used, or what the provider says; "" where there is nothing to say. */
  readonly text: string;
  /** Why a turn would not even ask, or what a probe failed with. */
  readonly failure?: HermesError;
}

/** `hermes auth status`: whether a provider can be used. Without `--probe` nobody is asked and nothing changes. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, operands, mask } = context;
  const app = await context.app();
  const [name] = operands;
  const only = name === undefined ? undefined : (await knownProvider(app, name)).pool;
  const logins = await listLogins(app, only);
  const names = [
    ...new Set([...logins.map(({ provider }) => provider), ...(only === undefined ? [] : [only])]),
  ];
  const now = ports.clock.now();
  const kept = names.map((provider) =>
    statusOf(
      provider,
      logins.filter((login) => login.provider === provider),
      now,
    ),
  );
  const statuses = switchFlag(flags, "probe")
    ? await Promise.all(kept.map((status) => probe(app, status, mask)))
    : kept;
  if (switchFlag(flags, "json")) {
    const providers = statuses.map((status) => statusToJson(status, mask));
    await printDocument(ports, { providers });
  } else {
    await printTable(ports, columns, {
      rows: statuses,
      ifEmpty: "Signed in nowhere: hermes auth add PROVIDER",
    });
  }
  const [asked] = only === undefined ? [] : statuses;
  if (asked?.failure) return errorExitCode(asked.failure);
  return (asked?.isReady ?? true) ? exitCodes.done : exitCodes.authentication;
}

function statusOf(provider: string, logins: readonly ListedLogin[], now: number): ProviderStatus {
  const ready = logins.filter(({ grant }) => !grant || isUsable(grant, now));
  const [first] = logins;
  const text =
    ready.length > 0
      ? ""
      : first?.grant
        ? `${first.label}: ${grantState(first.grant, now)}`
        : `hermes auth add ${provider}`;
  const grants = logins.flatMap(({ grant }) => (grant ? [grant] : []));
  const failure = ready.length > 0 || first === undefined ? undefined : refusal(grants, now);
  const isReady = first !== undefined && failure === undefined;
  const counts = { ready: ready.length, all: logins.length };
  return { provider, isReady, ...counts, text, ...(failure === undefined ? {} : { failure }) };
}

/** Asks the provider for its models with what would open it. */
async function probe(app: App, status: ProviderStatus, mask: Mask): Promise<ProviderStatus> {
  if (!status.isReady) return status;
  try {
    const { custom_providers: own } = await app.config();
    const entry = own.find(({ name }) => customPool(name) === status.provider);
    const provider = entry?.name ?? status.provider;
    const models = await app.listModels({ provider, model: "probe" }, new AbortController().signal);
    return { ...status, text: `answers: ${counted(models.length, "model")}` };
  } catch (thrown) {
    const failure = toHermesError(thrown);
    // Who does not answer has not refused the login.
    const isReady = !failure.code.startsWith("auth/");
    return { ...status, isReady, text: mask(failure.message), failure };
  }
}

const columns: readonly Column<ProviderStatus>[] = [
  { header: "PROVIDER", text: ({ provider }) => provider },
  { header: "STATE", text: stateWord },
  { header: "LOGINS", text: ({ ready, all }) => (all === 0 ? "none" : `${ready} of ${all} ready`) },
  { header: "", text: ({ text }) => text },
];

function stateWord({ isReady, failure }: ProviderStatus): string {
  if (isReady) return "signed in";
  return failure?.code === "model/quota" ? "at its limit" : "not usable";
}

function statusToJson(
  { provider, isReady, ready, all, text, failure }: ProviderStatus,
  mask: Mask,
): JsonObject {
  return {
    provider,
    logged_in: isReady || failure?.code === "model/quota",
    ready,
    logins: all,
    detail: text,
    ...(failure === undefined ? {} : { error: errorToJson(failure, mask) }),
  };
}
