import type { AuxiliaryModel } from "../core/auxiliary.ts";
import { defined } from "../core/defined.ts";
import { errorMessage, HermesError } from "../core/errors.ts";
import type { CredentialSource } from "../core/credential.ts";
import type { ModelTransport } from "../core/model.ts";
import type { Clock, FileStore, Ports } from "../core/ports.ts";
import type { Redactor } from "../core/redact.ts";
import type { ModelEndpoint } from "../core/provider.ts";
import type { TransportOptions } from "../transports/exchange.ts";
import type { Recorder, RecordOptions } from "../transports/replay/record.ts";
import type { RecordedModel } from "../transports/replay/recording.ts";
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
 * What writes the models' side of a conversation to a new file.
 * @throws {HermesError} `file/unwritable`
 */
export async function openRecorder(
  { files, clock, redactor, hermesVersion }: RecordingDeps,
  { path, cwd, model }: { readonly path: string } & Pick<RecordOptions, "cwd" | "model">,
): Promise<Recorder> {
  const { createRecorder } = await import("../transports/replay/record.ts");
  const unwritable = (error: unknown): never => {
    const reason = errorMessage(error);
    throw new HermesError("file/unwritable", `Cannot write the recording: ${reason}`, {
      cause: error,
      hint: "choose another file with --record",
    });
  };
  await files.replaceFile(path, "", { mode: 0o600 }).catch(unwritable);
  return createRecorder(
    {
      clock,
      mask: (text) => redactor.boundary(text),
      sink: (line) => files.appendFile(path, `${line}\n`).catch(unwritable),
    },
    { hermesVersion, cwd, ...defined("model", model) },
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

/** The models of a recording. */
export interface Replay {
  readonly transport: ModelTransport;
  /** For small calls beside turns. */
  readonly auxiliary: AuxiliaryModel;
  /** Whose context was recorded. */
  readonly model?: RecordedModel;
}

/**
 * Opens what answers from a recording.
 * @throws {HermesError} `file/not_found`, `file/unreadable`, `replay/*`
 */
export async function openReplay(
  { files, clock, redactor }: ReplayDeps,
  source: ReplaySource,
  options: { readonly cwd: string; readonly pace: number },
): Promise<Replay> {
  const [{ createReplayTransport }, { replaySmallCalls }, { parseRecording }] = await Promise.all([
    import("../transports/replay/replay.ts"),
    import("../transports/replay/small_calls.ts"),
    import("../transports/replay/parse_recording.ts"),
  ]);
  const text =
    source.kind === "demo"
      ? (await import("../transports/replay/demo.ts")).demoRecording
      : await readRecording(files, source.path);
  const mask = (secret: string) => redactor.boundary(secret);
  const recording = parseRecording(text);
  return {
    transport: createReplayTransport({ clock, newId: newItemId, mask }, recording, options),
    auxiliary: replaySmallCalls({ mask }, recording, options),
    ...defined("model", recording.model),
  };
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
