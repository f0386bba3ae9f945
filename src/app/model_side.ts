import { errorMessage, HermesError } from "../core/errors.ts";
import type { CredentialSource } from "../core/credential.ts";
import type { ModelTransport } from "../core/model.ts";
import type { Clock, FileStore, Ports } from "../core/ports.ts";
import type { Redactor } from "../core/redact.ts";
import type { ModelEndpoint } from "../core/provider.ts";
import type { TransportOptions } from "../transports/exchange.ts";
import type { RetryOptions } from "../transports/retry.ts";
import { newItemId } from "./ids.ts";
import { pricedTransport, type Pricing } from "./priced_transport.ts";

export interface EndpointTransportDeps {
  readonly ports: Pick<Ports, "fetch" | "clock">;
  readonly credentials: CredentialSource;
}

/** The transport to an endpoint, with recoveries and retries around it; loads the codec of its wire only. */
export async function endpointTransport(
  { ports, credentials }: EndpointTransportDeps,
  endpoint: ModelEndpoint,
  options: TransportOptions & RetryOptions & { readonly prices?: Pricing["prices"] },
): Promise<ModelTransport> {
  const deps = { fetch: ports.fetch, clock: ports.clock, credentials, newId: newItemId };
  const [create, { withRecoveries }, { withRetry }] = await Promise.all([
    loadWire(endpoint.wireApi),
    import("../transports/recover.ts"),
    import("../transports/retry.ts"),
  ]);
  const { billing } = endpoint.dialect;
  const { prices = {} } = options;
  const step = pricedTransport(create(deps, endpoint, options), { billing, prices });
  return withRetry(
    withRecoveries(step, endpoint),
    { clock: ports.clock, random: Math.random },
    { ...options, maxAttempts: Math.max(1, options.maxAttempts) },
  );
}

async function loadWire(wireApi: ModelEndpoint["wireApi"]) {
  switch (wireApi) {
    case "responses":
      return (await import("../transports/responses/transport.ts")).createResponsesTransport;
    case "chat_completions":
      return (await import("../transports/chat_completions/transport.ts"))
        .createChatCompletionsTransport;
    default:
      return wireApi satisfies never;
  }
}

export interface RecordingDeps {
  readonly files: FileStore;
  readonly clock: Clock;
  readonly redactor: Redactor;
  readonly hermesVersion: string;
}

/**
 * The transport with its side of the conversation written to a new file.
 * @throws {HermesError} `file/unwritable`
 */
export async function recordedTransport(
  { files, clock, redactor, hermesVersion }: RecordingDeps,
  transport: ModelTransport,
  { path, cwd }: { readonly path: string; readonly cwd: string },
): Promise<ModelTransport> {
  const { recordTransport } = await import("../transports/replay/record.ts");
  const unwritable = (error: unknown): never => {
    const reason = errorMessage(error);
    throw new HermesError("file/unwritable", `Cannot write the recording: ${reason}`, {
      cause: error,
      hint: "choose another file with --record",
    });
  };
  await files.replaceFile(path, "", { mode: 0o600 }).catch(unwritable);
  return recordTransport(
    {
      clock,
      mask: (text) => redactor.boundary(text),
      sink: (line) => files.appendFile(path, `${line}\n`).catch(unwritable),
    },
    transport,
    { hermesVersion, cwd },
  );
}

/** Where a replay answers from. */
export type ReplaySource =
  { readonly kind: "file"; readonly path: string } | { readonly kind: "demo" };

export interface ReplayDeps {
  readonly files: Pick<FileStore, "readText">;
  readonly clock: Clock;
  readonly redactor: Redactor;
}

/**
 * A transport that answers from a recording.
 * @throws {HermesError} `file/not_found`, `file/unreadable`, `replay/*`
 */
export async function replayedTransport(
  { files, clock, redactor }: ReplayDeps,
  source: ReplaySource,
  options: { readonly cwd: string; readonly pace: number },
): Promise<ModelTransport> {
  const [{ createReplayTransport }, { parseRecording }] = await Promise.all([
    import("../transports/replay/replay.ts"),
    import("../transports/replay/parse_recording.ts"),
  ]);
  const text =
    source.kind === "demo"
      ? (await import("../transports/replay/demo.ts")).demoRecording
      : await readRecording(files, source.path);
  const mask = (secret: string) => redactor.boundary(secret);
  return createReplayTransport({ clock, newId: newItemId, mask }, parseRecording(text), options);
}

async function readRecording(files: Pick<FileStore, "readText">, path: string): Promise<string> {
  try {
    return await files.readText(path);
  } catch (error) {
    const reason = errorMessage(error);
    throw new HermesError("file/unreadable", `Cannot read the recording: ${reason}`, {
      cause: error,
      hint: "make one with --record FILE",
    });
  }
}
