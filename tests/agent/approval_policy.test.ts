import { describe, expect, test } from "bun:test";
import { createApprovalPolicy } from "../../src/agent/approval_policy.ts";
import { HermesError } from "../../src/core/errors.ts";
import type { ApprovalRequest, ApprovalVerdict, Approver } from "../../src/core/approval.ts";

const signal = new AbortController().signal;

function request(key: string): ApprovalRequest {
  return { subject: { kind: "command", command: key, cwd: "/" }, reason: key, key };
}

function policy(
  mode: "ask" | "deny" | "yolo",
  options: { readonly allow?: readonly string[]; readonly person?: Approver } = {},
) {
  const always: string[] = [];
  const approver = createApprovalPolicy(
    {
      matches: (asked, pattern) => asked.key === pattern,
      rememberAlways: async (key) => {
        always.push(key);
      },
      ...(options.person ? { person: options.person } : {}),
    },
    { mode, allow: options.allow ?? [] },
  );
  return { approver, always };
}

/** A person who gives these answers, one per question. */
function person(
  ...answers: readonly ApprovalVerdict["decision"][]
): Approver & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    decide(asking) {
      const decision = answers[asked.length] ?? "deny";
      asked.push(asking.key);
      return Promise.resolve({ decision, by: "user" });
    },
  };
}

describe("createApprovalPolicy()", () => {
  test("allows what may run unattended where nobody can be asked, and asks a person", async () => {
    const asking = { ...request("mcp fs write"), isAllowedUnattended: true as const };
    for (const mode of ["ask", "deny"] as const) {
      expect(await policy(mode).approver.decide(asking, signal)).toEqual({
        decision: "allow_once",
        by: "policy",
      });
    }
    const ada = person("deny");
    expect(await policy("ask", { person: ada }).approver.decide(asking, signal)).toEqual({
      decision: "deny",
      by: "user",
    });
    expect(ada.asked).toEqual(["mcp fs write"]);
  });

  test("denies what nobody may be asked about unless a rule allows it", async () => {
    const ada = person("allow_session");
    const { approver } = policy("ask", { person: ada, allow: ["ls"] });
    const unattended = { ...request("rm"), isUnattended: true as const };
    const decide = async (asking: ApprovalRequest) =>
      (await approver.decide(asking, signal)).decision;
    expect([
      await decide(unattended),
      await decide({ ...unattended, isAllowedUnattended: true }),
      await decide({ ...unattended, key: "ls" }),
      await decide(request("rm")),
      await decide(unattended),
    ]).toEqual(["deny", "deny", "allow_once", "allow_session", "allow_session"]);
    expect(ada.asked).toEqual(["rm"]);
  });

  test("denies by policy where nobody can be asked", async () => {
    const { approver } = policy("ask");
    expect(await approver.decide(request("rm"), signal)).toEqual({
      decision: "deny",
      by: "policy",
    });
  });

  test("denies by policy in deny mode even with a person", async () => {
    const somebody = person("allow_once");
    const { approver } = policy("deny", { person: somebody });
    expect(await approver.decide(request("rm"), signal)).toEqual({
      decision: "deny",
      by: "policy",
    });
    expect(somebody.asked).toEqual([]);
  });

  test("allows by pattern in every mode, and everything in yolo", async () => {
    const allowed = { decision: "allow_once", by: "policy" } as const;
    expect(await policy("deny", { allow: ["rm"] }).approver.decide(request("rm"), signal)).toEqual(
      allowed,
    );
    expect(await policy("yolo").approver.decide(request("dd"), signal)).toEqual(allowed);
  });

  test("remembers a session's answer and writes a lasting one", async () => {
    const somebody = person("allow_session", "allow_always");
    const { approver, always } = policy("ask", { person: somebody });
    await approver.decide(request("rm"), signal);
    await approver.decide(request("mv"), signal);
    expect(await approver.decide(request("rm"), signal)).toEqual({
      decision: "allow_session",
      by: "policy",
    });
    await approver.decide(request("mv"), signal);
    expect(somebody.asked).toEqual(["rm", "mv"]);
    expect(always).toEqual(["mv"]);
  });

  test("asks one question at a time, and not again what the one before allowed", async () => {
    let pending = 0;
    let most = 0;
    const slow: Approver = {
      async decide() {
        most = Math.max(most, ++pending);
        await Promise.resolve();
        pending--;
        return { decision: "allow_session", by: "user" };
      },
    };
    const { approver } = policy("ask", { person: slow });
    const verdicts = await Promise.all(
      ["a", "b", "a"].map((key) => approver.decide(request(key), signal)),
    );
    expect(verdicts.map((verdict) => verdict.by)).toEqual(["user", "user", "policy"]);
    expect(most).toBe(1);
  });

  test("goes on asking after a question that failed", async () => {
    let count = 0;
    const flaky: Approver = {
      decide() {
        if (count++ === 0) return Promise.reject(new Error("terminal is gone"));
        return Promise.resolve({ decision: "allow_once", by: "user" });
      },
    };
    const { approver } = policy("ask", { person: flaky });
    expect(approver.decide(request("a"), signal)).rejects.toThrow("terminal is gone");
    expect(await approver.decide(request("b"), signal)).toEqual({
      decision: "allow_once",
      by: "user",
    });
  });

  test("holds for the session what could not be kept for ever, and says so", async () => {
    const approver = createApprovalPolicy(
      {
        matches: () => false,
        rememberAlways: () => Promise.reject(new HermesError("file/unwritable", "No space left")),
        person: person("allow_always"),
      },
      { mode: "ask", allow: [] },
    );
    expect(await approver.decide(request("rm"), signal)).toEqual({
      decision: "allow_session",
      by: "user",
      notice: "Allowed for this session only, since it could not be kept: No space left",
    });
    expect(await approver.decide(request("rm"), signal)).toEqual({
      decision: "allow_session",
      by: "policy",
    });
  });

  test("asks nobody for a turn that is over, not even when its place in the line comes", async () => {
    const somebody = person("allow_once", "allow_once");
    const { approver } = policy("ask", { person: somebody });
    const over = new AbortController();
    const first = approver.decide(request("rm"), signal);
    const second = approver.decide(request("mv"), over.signal);
    over.abort();
    expect([(await first).decision, await second]).toEqual([
      "allow_once",
      { decision: "deny", by: "policy" },
    ]);
    expect(somebody.asked).toEqual(["rm"]);
  });

  test("does not let a turn that is over wait for the question before", async () => {
    const open = Promise.withResolvers<ApprovalVerdict>();
    const { approver } = policy("ask", { person: { decide: () => open.promise } });
    const answered: string[] = [];
    const first = approver.decide(request("rm"), signal).then(() => answered.push("rm"));
    const over = approver.decide(request("mv"), AbortSignal.abort()).then((verdict) => {
      answered.push("mv");
      return verdict;
    });
    await Promise.resolve();
    await Promise.resolve();
    open.resolve({ decision: "allow_once", by: "user" });
    await first;
    expect(await over).toEqual({ decision: "deny", by: "policy" });
    expect(answered).toEqual(["mv", "rm"]);
  });
});
