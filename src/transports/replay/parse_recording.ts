import { HermesError } from "../../core/errors.ts";
import { defined } from "../../core/defined.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { isJsonObject, parseJson } from "../../core/json.ts";
import { readError, readEvent, readModel, readRequest, readSmallCall } from "./read_parts.ts";
import { recordingVersion } from "./recording.ts";
import type { RecordedCall, RecordedStep, Recording, TimedEvent } from "./recording.ts";

const recordAgain = "record the run again: hermes -z PROMPT --record FILE";

/**
 * Reads the text of a recording; blank lines are skipped.
 * @throws {HermesError} `file/unsupported` for another format or version, for a line that does not belong, and for a
 *   recording that was cut off
 */
export function parseRecording(recording: string): Recording {
  const numbered = recording
    .split("\n")
    .map((text, index) => ({ text: text.trim(), number: index + 1 }))
    .filter(({ text }) => text !== "");
  const [first, ...rest] = numbered;
  const header = readHeader(first?.text);

  const steps: OpenStep[] = [];
  const calls: RecordedCall[] = [];
  for (const { text, number } of rest) {
    const line = parseJson(text);
    const isLast = number === numbered.at(-1)?.number;
    if (!isJsonObject(line)) throw isLast ? cutOff(number) : misplaced(number, "no JSON object");
    if (line["small_call"] === undefined) addLine(steps, line, number);
    else if (steps.at(-1)?.isClosed === false)
      throw misplaced(number, "a small call within a step");
    else calls.push(readCall(line["small_call"], number));
  }
  const open = steps.at(-1);
  if (open !== undefined && !open.isClosed) throw cutOff(numbered.at(-1)?.number ?? 1);
  return { ...header, steps: steps.map(({ step }) => step), calls };
}

function readCall(json: Json, number: number): RecordedCall {
  const call = readSmallCall(json);
  if (call === undefined) throw misplaced(number, "no small call that can be read");
  return call;
}

/** A step while its lines are read. */
interface OpenStep {
  readonly step: RecordedStep & { readonly events: TimedEvent[] };
  isClosed: boolean;
}

function addLine(steps: OpenStep[], line: JsonObject, number: number): void {
  const open = steps.at(-1);
  const afterMs = typeof line["after_ms"] === "number" ? Math.max(0, line["after_ms"]) : 0;
  if (line["request"] !== undefined) {
    if (open?.isClosed === false) throw misplaced(number, "a request within a step");
    const request = readRequest(line["request"], open?.step.request.items ?? []);
    if (request === undefined) throw misplaced(number, "no request that can be read");
    steps.push({ step: { request, events: [] }, isClosed: false });
    return;
  }
  if (open === undefined || open.isClosed) throw misplaced(number, "a line outside of a step");
  if (line["event"] !== undefined) {
    const event = readEvent(line["event"]);
    if (event === undefined) throw misplaced(number, "no event that can be read");
    open.step.events.push({ afterMs, event });
    open.isClosed = event.type === "step-end";
    return;
  }
  const error = readError(line["failure"]);
  if (error === undefined) throw misplaced(number, "neither request, event nor failure");
  steps[steps.length - 1] = { step: { ...open.step, failure: { afterMs, error } }, isClosed: true };
}

function readHeader(text: string | undefined): Pick<Recording, "hermesVersion" | "model"> {
  const header = parseJson(text ?? "");
  if (!isJsonObject(header) || header["format"] !== "hermes-recording") {
    throw new HermesError(
      "file/unsupported",
      "The file is no recording of hermes: its first line does not say so",
      {
        hint: recordAgain,
      },
    );
  }
  if (header["version"] !== recordingVersion) {
    const found = JSON.stringify(header["version"]) ?? "none";
    throw new HermesError(
      "file/unsupported",
      `The recording has a format that this hermes cannot read: version ${found}, not ${recordingVersion}`,
      { hint: recordAgain },
    );
  }
  const { hermes } = header;
  return {
    hermesVersion: typeof hermes === "string" ? hermes : "unknown",
    ...defined("model", readModel(header["model"])),
  };
}

function misplaced(number: number, found: string): HermesError {
  return new HermesError(
    "file/unsupported",
    `Cannot read line ${number} of the recording: ${found}`,
    {
      hint: recordAgain,
    },
  );
}

function cutOff(number: number): HermesError {
  return new HermesError(
    "file/unsupported",
    `The recording is cut off at line ${number}: its run was ended before the step was`,
    { hint: recordAgain },
  );
}
