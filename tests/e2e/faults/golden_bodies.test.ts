import { expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Recovery } from "../../../src/transports/failure_verdicts.ts";
import { type ErrorCase, errorFixtures } from "../../fakes/error_fixtures.ts";
import { startResponsesServer } from "../../fakes/responses_server.ts";
import { callTool, type ServerStep, textAnswer } from "../../fakes/server_steps.ts";
import { checkEvents, createSandbox, eventsOf, wireApis } from "../sandbox.ts";

type WireApi = (typeof wireApis)[number];

/** What a run came to: who was asked how often, and how it ended. */
interface Seen {
  /** Requests to the endpoint that refuses, and to the one behind it. */
  readonly asked: readonly [number, number];
  readonly retries: number;
  /** `completed`, or the code of the failure. */
  readonly end: string;
}

/** States what the prompt leaves for the answer: less is asked for in place of a compression. */
const statesWhatIsLeft = "a prompt that is too long, told inside";

/** What each recovery costs: the first request is the step before the refusal, the second one is refused. */
function expected({ name, expected: { code, recovery } }: ErrorCase): Seen {
  const healed: Seen = { asked: [3, 0], retries: 0, end: "completed" };
  const costs: Readonly<Record<Recovery, Seen>> = {
    retry: { ...healed, retries: 1 },
    rotate: { ...healed, asked: [2, 1] },
    fallback: { ...healed, asked: [2, 1] },
    // Nothing of so short a history can be left out, and the next model is no way round the account's own policy.
    compress: { asked: [2, 0], retries: 0, end: code },
    none: { asked: [2, 0], retries: 0, end: code },
    "lower-output-limit": healed,
    "strip-images": healed,
    "shrink-images": healed,
    "strip-grammar": healed,
    "strip-thinking": healed,
    "drop-encrypted-reasoning": healed,
  };
  return name === statesWhatIsLeft ? healed : costs[recovery];
}

/** Where it is not chat completions, by the name of the fixture. */
const wiresOf: Readonly<Record<string, readonly WireApi[]>> = {
  openai: ["codex_responses"],
  "openai-codex": ["codex_responses"],
  xai: ["codex_responses"],
  "xai-oauth": ["codex_responses"],
  streams: wireApis,
};
/** Fixtures of more than one provider, and of those whose rows are under another name. */
const providerOf: Readonly<Record<string, string>> = {
  "anthropic-compatible": "custom",
  azure: "custom",
  gateways: "custom",
  "llama-cpp": "custom",
  "lm-studio": "lmstudio",
  streams: "custom",
  vllm: "custom",
};

/** The smallest picture there is: one transparent dot. */
const dot =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

/** So that there is something to be left out for whatever is refused. */
const schema = {
  type: "object",
  properties: { day: { type: "string", pattern: "^[0-9-]+$" } },
  required: ["day"],
  additionalProperties: false,
};
const answer = textAnswer('{"day": "2026-01-07"}');
const thought = callTool(
  "todo",
  { todos: [] },
  { reasoning: "Let me think.", encryptedContent: "gA" },
);

function stepOf({ status, headers = {}, body }: ErrorCase): ServerStep {
  if (status === null) return { kind: "raw", frames: [`data: ${JSON.stringify(body)}\n\n`] };
  // All are told to come back at once.
  const { "retry-after-ms": _, ...kept } = headers;
  return { kind: "refusal", status, headers: { ...kept, "retry-after": "0" }, body };
}

async function see(provider: string, wireApi: WireApi, one: ErrorCase): Promise<Seen> {
  await using sandbox = await createSandbox();
  await using first = await startResponsesServer({ steps: [thought, stepOf(one), answer] });
  await using second = await startResponsesServer({ steps: [answer] });
  const name = providerOf[provider] ?? provider;
  const place = `provider: ${name}, base_url: "${first.url}", default: m1, api_mode: ${wireApi}`;
  const { recovery } = one.expected;
  const limit = recovery === "lower-output-limit" ? ", max_tokens: 400000" : "";
  await sandbox.configure(
    [
      `model: {${place}${limit}}`,
      "agent: {api_max_retries: 2}",
      `custom_providers: [{name: second, base_url: "${second.url}", key_env: SECOND_KEY}]`,
      // With somebody behind it a limit would not be waited for.
      ...(recovery === "retry" ? [] : ["fallback_providers: [{provider: second, model: m2}]"]),
      "",
    ].join("\n"),
  );
  await writeFile(join(sandbox.work, "dot.png"), Buffer.from(dot, "base64"));
  await writeFile(join(sandbox.work, "schema.json"), JSON.stringify(schema));
  const args = ["-z", "go", "--json", "--image", "dot.png", "--output-schema", "schema.json"];
  const tokens = one.estimatedTokens ?? 0;
  const { stdout } = await sandbox.run(args, {
    env: { SECOND_KEY: "second-key-0123456789" },
    ...(tokens > 10_000 && { stdin: { text: "word ".repeat(tokens) } }),
  });
  const last = checkEvents(stdout);
  const error = last["error"] as { readonly code: string } | undefined;
  return {
    asked: [first.requests.length, second.requests.length],
    retries: eventsOf(stdout).filter(({ type }) => type === "retry").length,
    end: error?.code ?? last.type.replace("turn.", ""),
  };
}

/** Runs at the same time: most of their time they wait. */
const lanes = 4;

const runs = errorFixtures.flatMap(({ provider, cases }) =>
  (wiresOf[provider] ?? ["chat_completions" as const]).map(
    (wireApi) => [provider, wireApi, cases] as const,
  ),
);

test.each(runs)(
  "every refusal of %s over %s costs as many requests as its recovery",
  async (provider, wireApi, cases) => {
    const seen: Record<string, Seen> = {};
    const queue = [...cases];
    const work = async (): Promise<void> => {
      for (let one = queue.shift(); one; one = queue.shift()) {
        seen[one.name] = await see(provider, wireApi, one);
      }
    };
    await Promise.all(Array.from({ length: lanes }, work));
    expect(seen).toEqual(Object.fromEntries(cases.map((one) => [one.name, expected(one)])));
  },
);
