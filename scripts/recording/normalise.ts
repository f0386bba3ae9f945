/** Takes out of a recording what differs from run to run and from machine to machine. */
import { type Json, type JsonObject, isJsonObject } from "../../src/core/json.ts";

/** What a recording must not tell of the machine that it was made on. */
export interface Machine {
  readonly hostName: string;
  /** Texts and what stands for them, replaced in order: the longer of two that begin alike comes first. */
  readonly places: readonly (readonly [here: string, inRecording: string])[];
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** The day and the time in the name of a thread's file. */
const rollout = /\d{4}\/\d\d\/\d\d\/rollout-[\dT-]{19}-/g;
/** The operating system in a user agent. */
const system = /(?<=^hermes\/[\d.]+ )\([^)]*\)/g;
/** The first second of 2026. */
const secondsThen = 1_767_225_600;

/**
 * A function that normalises the messages of one recording in order: equal things stay equal, and different ids stay
 * different. Places become those of a recording, uuids are numbered, times are one second of 2026, durations 1 ms.
 */
export function createNormaliser(machine: Machine): (message: JsonObject) => JsonObject {
  const uuids = new Map<string, string>();
  const processes = new Map<string, string>();

  function text(value: string): string {
    const placed = machine.places.reduce(
      (rest, [here, there]) => rest.replaceAll(here, there),
      value,
    );
    return placed
      .replaceAll(rollout, "2026/01/01/rollout-2026-01-01T00-00-00-")
      .replaceAll(uuid, (found) => numbered(uuids, found, uuidOf))
      .replaceAll(system, "(Linux; x86_64)");
  }

  function field(key: string, value: Json): Json {
    if (typeof value === "number") {
      if (key.endsWith("AtMs")) return secondsThen * 1_000;
      if (key.endsWith("At")) return secondsThen;
      if (key === "durationMs") return 1;
    }
    if (key === "processId" && typeof value === "string") {
      return numbered(processes, value, (count) => String(1_000 + count));
    }
    if (key === "serverName" && value === machine.hostName) return "host";
    return normalise(value);
  }

  function normalise(value: Json): Json {
    if (typeof value === "string") return text(value);
    if (Array.isArray(value)) return value.map(normalise);
    return isJsonObject(value) ? object(value) : value;
  }

  function object(value: JsonObject): JsonObject {
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => [text(key), field(key, entry)]),
    );
  }

  return object;
}

function numbered(
  seen: Map<string, string>,
  found: string,
  name: (count: number) => string,
): string {
  const known = seen.get(found) ?? name(seen.size + 1);
  seen.set(found, known);
  return known;
}

function uuidOf(count: number): string {
  return `00000000-0000-7000-8000-${String(count).padStart(12, "0")}`;
}
