import { expect, test } from "bun:test";
import fc from "fast-check";
import { HermesError, toHermesError } from "../../../src/core/errors.ts";
import { noUsage } from "../../../src/core/event.ts";
import { parseRecording } from "../../../src/transports/replay/parse_recording.ts";

const header = '{"format":"hermes-recording","version":1,"hermes":"1.2.3"}';
const asked =
  '{"request":{"model":"m1","tools":["todo"],"kept":0,"items":[{"type":"user-message","text":"hi"}]}}';
const ended =
  '{"after_ms":5,"event":{"type":"step-end","finishReason":"stop","usage":{"inputTokens":3}}}';
const failed =
  '{"after_ms":5,"failure":{"code":"network/timeout","message":"Late","retryable":true}}';

function refusal(lines: readonly string[]): string {
  try {
    parseRecording(lines.join("\n"));
    return "accepted";
  } catch (error) {
    const { code, message } = toHermesError(error);
    return `${code}: ${message}`;
  }
}

test("parseRecording() reads steps, and items that were kept from the request before", () => {
  const next =
    '{"request":{"model":"m1","tools":[],"kept":1,"items":[{"type":"tool-result","is_error":true}]}}';
  expect(parseRecording([header, "", asked, ended, next, failed, ""].join("\n"))).toEqual({
    hermesVersion: "1.2.3",
    steps: [
      {
        request: { model: "m1", tools: ["todo"], items: [{ type: "user-message", text: "hi" }] },
        events: [
          {
            afterMs: 5,
            event: {
              type: "step-end",
              finishReason: "stop",
              usage: { ...noUsage, inputTokens: 3 },
            },
          },
        ],
      },
      {
        request: {
          model: "m1",
          tools: [],
          items: [
            { type: "user-message", text: "hi" },
            { type: "tool-result", isError: true },
          ],
        },
        events: [],
        failure: {
          afterMs: 5,
          error: new HermesError("network/timeout", "Late", { retryable: true }),
        },
      },
    ],
    calls: [],
  });
});

test("parseRecording() says which line does not belong and why", () => {
  const cases: [string, readonly string[]][] = [
    ["The file is no recording of hermes: its first line does not say so", []],
    ["The file is no recording of hermes: its first line does not say so", ["{}", asked, ended]],
    ["The file is no recording of hermes: its first line does not say so", ["garbage"]],
    [
      "The recording has a format that this hermes cannot read: version 2, not 1",
      ['{"format":"hermes-recording","version":2}'],
    ],
    ["Cannot read line 2 of the recording: no JSON object", [header, "garbage", asked, ended]],
    [
      "Cannot read line 2 of the recording: a line outside of a step",
      [header, ended, asked, ended],
    ],
    ["Cannot read line 3 of the recording: a request within a step", [header, asked, asked, ended]],
    [
      "Cannot read line 2 of the recording: no request that can be read",
      [header, '{"request":{"items":[{}]}}', ended],
    ],
    [
      "Cannot read line 2 of the recording: no request that can be read",
      [header, '{"request":{"kept":1,"items":[]}}', ended],
    ],
    [
      "Cannot read line 3 of the recording: no event that can be read",
      [header, asked, '{"event":{"type":"item-start","item":{"type":"tool-call"}}}', ended],
    ],
    [
      "Cannot read line 3 of the recording: neither request, event nor failure",
      [header, asked, '{"other":1}', ended],
    ],
    [
      "The recording is cut off at line 3: its run was ended before the step was",
      [header, asked, '{"after_ms":5,"event":{"type":"no'],
    ],
    ["The recording is cut off at line 2: its run was ended before the step was", [header, asked]],
  ];
  expect(cases.map(([, lines]) => refusal(lines))).toEqual(
    cases.map(([message]) => `file/unsupported: ${message}`),
  );
});

test("parseRecording() answers every text with a recording or a typed failure", () => {
  const line = fc.oneof(
    fc.constantFrom(header, asked, ended, failed),
    fc.json(),
    fc.string(),
    fc.record({ request: fc.jsonValue() }).map((value) => JSON.stringify(value)),
    fc
      .record({ event: fc.jsonValue(), after_ms: fc.jsonValue() })
      .map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
      for (const all of [lines, [header, ...lines], [header, asked, ...lines]]) {
        try {
          parseRecording(all.join("\n"));
        } catch (error) {
          expect(error).toMatchObject({ code: "file/unsupported" });
        }
      }
    }),
    { seed: 5, numRuns: 1000 },
  );
});
