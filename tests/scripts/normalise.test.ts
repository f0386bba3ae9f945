import { expect, test } from "bun:test";
import { createNormaliser } from "../../scripts/recording/normalise.ts";

const first = "01a1fce9-b81f-7a63-a077-57ba3244880b";
const second = "01a1fce9-b825-76b1-8599-04c3a9fbecd8";

test("a normaliser replaces places, numbers ids and stops the clock", () => {
  const normalise = createNormaliser({
    hostName: "attic",
    places: [
      ["/tmp/x/work", "/work/dir"],
      ["/tmp/x", "/work"],
    ],
  });
  const messages = [
    {
      method: "item/started",
      params: {
        item: { id: `exec-${second}`, cwd: "/tmp/x/work", processId: "3341", durationMs: 17 },
        threadId: first,
        startedAtMs: 1_795_244_538_155,
      },
      serverName: "attic",
    },
    {
      result: {
        userAgent: "hermes/0.130.0 (Some 12; arm) unknown (hermes; 0.0.0)",
        threadId: first,
        path: `/tmp/x/sessions/2026/11/21/rollout-2026-11-21T07-02-17-${first}.jsonl`,
        createdAt: 1_795_244_537,
        completedAt: null,
        writes: { "/tmp/x/work/a": ["/tmp/x/outside"] },
        total: 120,
      },
    },
  ];
  expect(messages.map(normalise)).toEqual([
    {
      method: "item/started",
      params: {
        item: {
          id: "exec-00000000-0000-7000-8000-000000000001",
          cwd: "/work/dir",
          processId: "1001",
          durationMs: 1,
        },
        threadId: "00000000-0000-7000-8000-000000000002",
        startedAtMs: 1_767_225_600_000,
      },
      serverName: "host",
    },
    {
      result: {
        userAgent: "hermes/0.130.0 (Linux; x86_64) unknown (hermes; 0.0.0)",
        threadId: "00000000-0000-7000-8000-000000000002",
        path: "/work/sessions/2026/01/01/rollout-2026-01-01T00-00-00-00000000-0000-7000-8000-000000000002.jsonl",
        createdAt: 1_767_225_600,
        completedAt: null,
        writes: { "/work/dir/a": ["/work/outside"] },
        total: 120,
      },
    },
  ]);
});
