import { beforeAll, describe, expect, test } from "bun:test";
import { Ajv } from "ajv";
import { type AnswerFacts, planAnswer } from "../../src/codex/approvals.ts";
import { Questions } from "../../src/codex/questions.ts";
import type { ApprovalDecision, ApprovalVerdict } from "../../src/core/approval.ts";
import { isJsonObject, type Json, type JsonObject } from "../../src/core/json.ts";
import type { Question, Tool } from "../../src/core/tool.ts";
import { createFakeClock } from "../fakes/clock.ts";
import { codexVersions } from "../fakes/codex_binaries.ts";
import { codexSchema } from "../fakes/codex_schema.ts";
import { schemaValues } from "../fakes/schema_values.ts";

/** What this client does not do: every other request has an answer of its own. */
const refusedOnPurpose = ["account/chatgptAuthTokens/refresh", "attestation/generate"];

const decisions: readonly ApprovalDecision[] = [
  "allow_once",
  "allow_session",
  "allow_always",
  "deny",
];
const verdicts: readonly ApprovalVerdict[] = (["user", "policy", "timeout"] as const).flatMap(
  (by) => decisions.map((decision) => ({ decision, by })),
);

/** People of several kinds. */
const people: readonly ((question: Question) => string | undefined)[] = [
  () => undefined,
  ({ choices }) => choices[0] ?? "1",
  ({ choices }) => choices.at(-1) ?? "-",
  () => "text",
  () => "",
];

const nothingKnown: AnswerFacts = {
  cwd: "/project",
  changesOf: () => [],
  commandOf: () => undefined,
  isInjected: () => false,
};
const allKnown: AnswerFacts = {
  cwd: "/project",
  changesOf: () => [{ path: "/project/a.txt", kind: "add", diff: "a\n" }],
  commandOf: () => ({ command: "cat a.txt", cwd: "/project" }),
  isInjected: () => true,
};

const echo: Tool<string> = {
  spec: { name: "text", description: "Says it again", parameters: { type: "object" } },
  effect: "read",
  parse: (text) => text,
  run: (text) => Promise.resolve({ text, isError: false }),
};

type Sent =
  | { readonly kind: "result"; readonly result: Json }
  | { readonly kind: "refusal"; readonly code: number; readonly message: string };

interface Answering {
  readonly facts: AnswerFacts;
  readonly verdict: ApprovalVerdict;
  readonly person: (question: Question) => string | undefined;
  readonly isCancelled: boolean;
}

/** What goes to codex for a request. */
async function answerTo(method: string, params: Json, answering: Answering): Promise<Sent> {
  const { promise, resolve } = Promise.withResolvers<Sent>();
  const questions = new Questions({
    peer: {
      respond: (_id, result) => Promise.resolve(resolve({ kind: "result", result })),
      refuse: (_id, code, message) => Promise.resolve(resolve({ kind: "refusal", code, message })),
    },
    clock: createFakeClock(1_700_000_000_123),
    tools: [echo],
    facts: answering.facts,
    approver: { decide: () => Promise.resolve(answering.verdict) },
    ask: (question) => Promise.resolve(answering.person(question)),
    toolContext: (callId, signal) => ({
      sessionId: "session",
      turnId: "turn",
      callId,
      cwd: "/project",
      signal,
      onOutput: () => undefined,
      ask: () => Promise.resolve(undefined),
    }),
    pause: () => () => undefined,
    onVerdict: () => undefined,
  });
  questions.take({ id: 0, method, params });
  if (answering.isCancelled) await questions.cancel();
  return await promise;
}

function answerings(): readonly Answering[] {
  const isCancelled = false;
  const person = (): undefined => undefined;
  const verdict: ApprovalVerdict = { decision: "deny", by: "policy" };
  return [allKnown, nothingKnown].flatMap((facts) => [
    ...verdicts.map((one) => ({ facts, verdict: one, person, isCancelled })),
    ...people.map((one) => ({ facts, verdict, person: one, isCancelled })),
    { facts, verdict, person, isCancelled: true },
  ]);
}

/**
 * The schema of a form as a validator takes it: codex writes null for what is absent, and a generated form may offer the
 * same value twice, of which `oneOf` takes neither.
 */
function formSchemaOf(value: Json | undefined): JsonObject {
  const { $schema: _dialect, ...schema } = withoutNulls(value ?? null) as JsonObject;
  return schema;
}

function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(withoutNulls);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, part]) =>
      part === null ? [] : [[key === "oneOf" ? "anyOf" : key, withoutNulls(part)]],
    ),
  );
}

const approvalMeta: JsonObject = {
  codex_approval_kind: "mcp_tool_call",
  persist: ["session", "always"],
  tool_name: "echo",
  tool_params: { text: "hi" },
};

const networkQuestion: JsonObject = {
  networkApprovalContext: { host: "example.com", protocol: "https" },
  proposedNetworkPolicyAmendments: [
    { host: "example.com", action: "allow" },
    { host: "example.com", action: "deny" },
  ],
  availableDecisions: null,
};

/** What the schema leaves open, and codex fills. */
const filled: ReadonlyMap<string, JsonObject> = new Map([
  ["mcpServer/elicitation/request", { _meta: approvalMeta }],
  ["item/commandExecution/requestApproval", networkQuestion],
]);

function variantsOf(method: string, params: Json): readonly Json[] {
  const more = filled.get(method);
  return more && isJsonObject(params) ? [params, { ...params, ...more }] : [params];
}

/** What can be decided. Had everything been refused, the fit of the answers would say nothing. */
const decided: readonly string[] = [
  "applyPatchApproval abort",
  "applyPatchApproval approved",
  "applyPatchApproval approved_for_session",
  "execCommandApproval abort",
  "execCommandApproval approved",
  "execCommandApproval approved_for_session",
  "item/commandExecution/requestApproval accept",
  "item/commandExecution/requestApproval acceptForSession",
  "item/commandExecution/requestApproval acceptWithExecpolicyAmendment",
  "item/commandExecution/requestApproval applyNetworkPolicyAmendment",
  "item/commandExecution/requestApproval cancel",
  "item/commandExecution/requestApproval decline",
  "item/fileChange/requestApproval accept",
  "item/fileChange/requestApproval acceptForSession",
  "item/fileChange/requestApproval cancel",
  "item/fileChange/requestApproval decline",
  "item/permissions/requestApproval session granted",
  "item/permissions/requestApproval turn granted",
  "item/permissions/requestApproval turn nothing",
  "item/tool/call false",
  "item/tool/call true",
  "item/tool/requestUserInput answers",
  "mcpServer/elicitation/request accept",
  "mcpServer/elicitation/request cancel",
  "mcpServer/elicitation/request decline",
];

describe.each(codexVersions.map(({ version }) => version))("codex %s", (version) => {
  let schema: ReturnType<typeof codexSchema>;
  beforeAll(() => {
    schema = codexSchema(version);
  });

  const samplesOf = (method: string): readonly Json[] =>
    schemaValues(schema.paramsOf(method)).flatMap((params) => variantsOf(method, params));

  test("every request of its schema has an answer of ours", () => {
    const unanswered = schema.serverRequests.filter((method) =>
      samplesOf(method).some(
        (params) => planAnswer({ id: 0, method, params }, allKnown).kind === "refuse",
      ),
    );
    expect(unanswered).toEqual(
      refusedOnPurpose.filter((method) => schema.serverRequests.includes(method)),
    );
    expect(schema.serverRequests.length).toBeGreaterThanOrEqual(9);
  });

  test("the requests that are tried fit its schema", () => {
    const faults = schema.serverRequests.flatMap((method) =>
      samplesOf(method).flatMap((params) => schema.validateParams(method, params)),
    );
    expect(faults).toEqual([]);
  });

  test("every answer fits the schema of its request, whatever anybody decides", async () => {
    const faults: unknown[] = [];
    const seen = new Set<string>();
    for (const method of schema.serverRequests) {
      for (const params of samplesOf(method)) {
        for (const answering of answerings()) {
          const sent = await answerTo(method, params, answering);
          if (sent.kind === "refusal") {
            if (!refusedOnPurpose.includes(method)) faults.push({ method, params, sent });
            continue;
          }
          const wrong = schema.validateAnswer(method, sent.result);
          if (wrong.length > 0) faults.push({ method, params, sent, wrong });
          seen.add(`${method} ${wordOf(sent.result)}`);
        }
      }
    }
    expect(faults).toEqual([]);
    expect([...seen].filter((word) => !word.startsWith("currentTime")).toSorted()).toEqual([
      ...decided,
    ]);
  });

  test("a form is accepted only with content that fits it", async () => {
    const method = "mcpServer/elicitation/request";
    // A generated form may name a field twice, which a validator of schemas would refuse.
    const ajv = new Ajv({ strict: false, validateFormats: false, validateSchema: false });
    let accepted = 0;
    for (const params of schemaValues(schema.paramsOf(method), 400)) {
      if (!isJsonObject(params) || params["mode"] !== "form") continue;
      const fits = ajv.compile(formSchemaOf(params["requestedSchema"]));
      for (const person of people) {
        const sent = await answerTo(method, params, {
          facts: nothingKnown,
          verdict: { decision: "allow_always", by: "user" },
          person,
          isCancelled: false,
        });
        const result = sent.kind === "result" && isJsonObject(sent.result) ? sent.result : {};
        if (result["action"] !== "accept") continue;
        const content = result["content"]!;
        accepted += 1;
        expect({ params, content, fits: fits(content) }).toEqual({ params, content, fits: true });
        expect(Object.keys(content as JsonObject)).not.toEqual([]);
      }
    }
    expect(accepted).toBeGreaterThan(20);
  });
});

/** The word of an answer that says what was decided. */
function wordOf(result: Json): string {
  if (!isJsonObject(result)) return JSON.stringify(result);
  const { decision, action, scope, permissions, success } = result;
  if (isJsonObject(permissions)) {
    const isGranted = Object.keys(permissions).length > 0;
    return `${scope === "session" ? "session" : "turn"} ${isGranted ? "granted" : "nothing"}`;
  }
  const word = decision ?? action ?? success;
  if (word === undefined) return Object.keys(result).join();
  if (isJsonObject(word)) return Object.keys(word).join();
  return typeof word === "string" ? word : JSON.stringify(word);
}
