import { resolve } from "node:path/posix";
import type { ToolCall, ToolResult } from "../core/item.ts";
import { isJsonObject, parseJson } from "../core/json.ts";
import type { Tool, ToolAccess } from "../core/tool.ts";
import { canonicalArguments } from "./call_signature.ts";
import { looksTruncated, repairArguments, repairToolName } from "./repair.ts";
import { describeThrow } from "./throw_text.ts";

/** A call that is ready to run, or the reason why it cannot. */
export interface PreparedCall {
  readonly call: ToolCall;
  readonly access: ToolAccess;
  /** The tool that was meant, as far as there is one. */
  readonly tool?: Tool;
  /** Absent when the call cannot be run: `refusal` is its result. */
  readonly job?: CallJob;
  readonly refusal?: string;
  /**
   * Why it could not even be tried, though a second call of the same kind could: a tool that does not exist, arguments that
   * nobody can read.
   */
  readonly invalid?: "unknown-tool" | "arguments";
}

export interface CallJob {
  readonly tool: Tool;
  readonly input: unknown;
  /** Absolute paths that it works on, as far as its arguments tell. */
  readonly touched: readonly string[];
}

/** How the refusal of a call begins that stands in its step twice. */
const twinOpening = "Same call as ";

/** Whether a result says that its call was not run, since an equal one of its step was. */
export function isTwinRefusal({ output, isError }: ToolResult): boolean {
  const value = isError ? parseJson(output) : undefined;
  const error = isJsonObject(value) ? value["error"] : undefined;
  return typeof error === "string" && error.startsWith(twinOpening);
}

/** Reads the calls of one step. The second of two equal ones is not run, nor are more of a tool than may run in a step. */
export function prepareCalls(
  tools: readonly Tool[],
  calls: readonly ToolCall[],
  cwd: string,
): readonly PreparedCall[] {
  const first = new Map<string, ToolCall>();
  const counts = new Map<Tool, number>();
  return calls.map((call) => {
    const signature = `${call.name}\n${canonicalArguments(call.arguments)}`;
    const twin = first.get(signature);
    if (twin) return skip(call, `${twinOpening}${twin.callId} of this step: see its result`);
    first.set(signature, call);
    const prepared = prepareCall(tools, call, cwd);
    return prepared.job ? withinCount(prepared, prepared.job.tool, counts) : prepared;
  });
}

/** The call, or its refusal when the step has as many of its tool as may run already. */
function withinCount(prepared: PreparedCall, tool: Tool, counts: Map<Tool, number>): PreparedCall {
  const count = (counts.get(tool) ?? 0) + 1;
  counts.set(tool, count);
  const { maxCallsPerStep: most = Infinity, spec } = tool;
  if (count <= most) return prepared;
  return skip(
    prepared.call,
    `At most ${most} calls of ${spec.name} run in one step: send this one again in the next`,
  );
}

function prepareCall(tools: readonly Tool[], call: ToolCall, cwd: string): PreparedCall {
  const names = tools.map((tool) => tool.spec.name);
  const name = repairToolName(call.name, names);
  const tool = tools.find((candidate) => candidate.spec.name === name);
  if (!tool) {
    const refusal = `Unknown tool: ${call.name}. Available tools: ${names.join(", ")}`;
    return { ...skip(call, refusal), invalid: "unknown-tool" };
  }
  const rawArguments = repairArguments(call.arguments);
  if (rawArguments === undefined) {
    const advice = looksTruncated(call.arguments)
      ? "they were cut off. Nothing was executed: send the call again in smaller pieces"
      : "they are not valid JSON. Nothing was executed: send the call again with a JSON object";
    const refusal = `The arguments of ${tool.spec.name} cannot be read: ${advice}`;
    return { ...skip(call, refusal), tool, invalid: "arguments" };
  }
  try {
    const input = tool.parse(rawArguments);
    const access = tool.access?.(input, cwd) ?? { mode: "exclusive" };
    return {
      call,
      tool,
      access,
      job: { tool, input, touched: touched(access, rawArguments, cwd) },
    };
  } catch (error) {
    return { ...skip(call, describeThrow(error)), tool, invalid: "arguments" };
  }
}

function skip(call: ToolCall, refusal: string): PreparedCall {
  return { call, access: { mode: "shared" }, refusal };
}

/** The paths of its access, and the directory that a command is to run in. */
function touched(access: ToolAccess, rawArguments: string, cwd: string): readonly string[] {
  const value = parseJson(rawArguments);
  const workdir = isJsonObject(value) ? value["workdir"] : undefined;
  return [
    ...(access.mode === "read" || access.mode === "write" ? access.paths : []),
    ...(typeof workdir === "string" ? [resolve(cwd, workdir)] : []),
  ];
}
