/** Every way to fail that an endpoint is known for, in the words of each: as plain steps of the fake endpoint. */
import type { ProviderShape } from "./provider_shapes.ts";
import { htmlPage, type RawStep, type ServerStep } from "./server_steps.ts";
import { doneFrame } from "./sse.ts";

/** What becomes of a turn. */
export type Consequence =
  /** The client does not notice. */
  | "passes"
  /** One more request, and nothing is left of the first answer. */
  | "heals"
  /** The turn fails at once. */
  | { readonly code: string; readonly exit: number };

export interface Fault {
  readonly name: string;
  readonly step: ServerStep;
  readonly consequence: Consequence;
}

/** What the answer says that the fault is in, or would have said. */
export const firstText = "The first answer, in several pieces of text.";

/** The faults of an endpoint. `mark` is a file that a tool call would make, were it run. */
export function faultsOf(shape: ProviderShape, mark: string): readonly Fault[] {
  const frames = shape.answer(firstText);
  // Longer than the pieces that arguments are sent in.
  const call = shape.call("terminal", { command: `touch ${mark} && echo made the file` });
  const raw = (
    sent: readonly string[],
    options: Omit<RawStep, "kind" | "frames"> = {},
  ): RawStep => ({
    kind: "raw",
    frames: sent,
    ...options,
  });
  /** Frames in which text has been shown already. */
  const shown = 5;
  const cut = (how: "end" | "half-frame" | "reset" | "hang", afterFrames = shown): RawStep =>
    raw(frames, { cut: { afterFrames, how } });
  const failure = (code: string, exit: number): Consequence => ({ code, exit });

  const everywhere: readonly Fault[] = [
    { name: "a wrong key", step: shape.wrongKey, consequence: failure("auth/rejected", 4) },
    { name: "a refusal that passes", step: shape.busy, consequence: "heals" },
    {
      name: "a prompt that is too long",
      step: shape.tooLong,
      consequence: failure("model/context_overflow", 1),
    },
    { name: "a gateway's page, 502", step: htmlPage(502, "502 Bad Gateway"), consequence: "heals" },
    {
      name: "a page in place of an answer, 200",
      step: htmlPage(200, "Sign in to this network"),
      consequence: failure("stream/invalid", 1),
    },
    {
      name: "an answer with the content type of a page",
      step: raw(frames, { contentType: "text/html" }),
      consequence: "passes",
    },
    { name: "an error before any output", step: raw([shape.errorFrame]), consequence: "heals" },
    {
      name: "an error after output",
      step: raw([...frames.slice(0, shown), shape.errorFrame]),
      consequence: "heals",
    },
    { name: "an answer of nothing", step: raw(shape.nothing), consequence: "heals" },
    {
      name: "an answer of nothing, in one piece",
      step: { kind: "refusal", status: 200, body: shape.nothingWhole },
      consequence: "heals",
    },
    {
      name: "null in place of an answer",
      step: { kind: "refusal", status: 200, body: null },
      consequence: "heals",
    },
    { name: "an empty body", step: raw([]), consequence: "heals" },
    { name: "a cut before the first event", step: cut("reset", 0), consequence: "heals" },
    { name: "a clean end in the middle", step: cut("end"), consequence: "heals" },
    { name: "a cut within an event", step: cut("half-frame"), consequence: "heals" },
    { name: "a reset in the middle", step: cut("reset"), consequence: "heals" },
    {
      name: "silence before the headers",
      step: { kind: "silent", how: "hang" },
      consequence: "heals",
    },
    { name: "silence in the middle", step: cut("hang"), consequence: "heals" },
    {
      name: "half a tool call",
      step: raw(call.frames, { cut: { afterFrames: call.half, how: "end" } }),
      consequence: "heals",
    },
    {
      name: "half a tool call within an event",
      step: raw(call.frames, { cut: { afterFrames: call.half, how: "half-frame" } }),
      consequence: "heals",
    },
    {
      name: "signs of life between the events",
      step: raw(frames.flatMap((frame) => [shape.keepAlive, frame])),
      consequence: "passes",
    },
  ];
  const onChat: readonly Fault[] = [
    {
      name: "half a tool call, ended as if it were whole",
      step: raw([...call.frames.slice(0, call.half), doneFrame]),
      consequence: "heals",
    },
    { name: "two sentinels", step: raw([...frames, doneFrame]), consequence: "passes" },
    {
      name: "no counts",
      step: raw(frames.filter((frame) => !frame.includes('"usage"') || frame.includes("finish"))),
      consequence: "passes",
    },
    {
      name: "no sentinel",
      step: raw(frames.filter((frame) => frame !== doneFrame)),
      consequence: "passes",
    },
  ];
  return shape.wireApi === "chat_completions" ? [...everywhere, ...onChat] : everywhere;
}
