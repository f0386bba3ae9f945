import { describe, expect, test } from "bun:test";
import { planCommandApproval } from "../../src/codex/command_approval.ts";
import type { JsonObject } from "../../src/core/json.ts";
import { answerFacts } from "../fakes/answer_facts.ts";
import { shownPlan } from "../fakes/shown_plan.ts";

const item: JsonObject = { threadId: "t", turnId: "u", itemId: "call_1", startedAtMs: 1 };
const running = answerFacts({ commands: { call_1: { command: "python3 -i", cwd: "/srv" } } });

function plan(params: JsonObject, facts = answerFacts()): unknown {
  return shownPlan(planCommandApproval({ ...item, ...params }, facts));
}

function requestOf(params: JsonObject, facts = answerFacts()): unknown {
  const planned = planCommandApproval({ ...item, ...params }, facts);
  return planned.kind === "approval" ? planned.request : planned;
}

const accept = { decision: "accept" };
const acceptForSession = { decision: "acceptForSession" };
const decline = { decision: "decline" };
const cancel = { decision: "cancel" };

describe("planCommandApproval()", () => {
  test("asks for a command with codex's reason and offers the rule that codex proposes", () => {
    const rule = { acceptWithExecpolicyAmendment: { execpolicy_amendment: ["git", "push"] } };
    expect(
      plan({
        command: "git push origin main",
        cwd: "/project/lib",
        reason: " push needs the network ",
        proposedExecpolicyAmendment: ["git", "push"],
        availableDecisions: ["accept", rule, "cancel"],
      }),
    ).toEqual({
      kind: "approval",
      request: {
        subject: { kind: "command", command: "git push origin main", cwd: "/project/lib" },
        reason: "push needs the network",
        key: 'codex command ["command","git push origin main","/project/lib",null]',
        scopes: ["session", "always"],
        alwaysAllows: "commands starting with git push (kept in codex's own rules)",
        isKeptByAsker: true,
      },
      answers: {
        allow_once: accept,
        allow_session: acceptForSession,
        allow_always: { decision: rule },
        deny: decline,
      },
      cancel,
    });
  });

  test.each([
    [["/bin/bash", "-lc", "make && make install"], "exactly this command"],
    [["/bin/bash", "-lc", "make"], "commands starting with /bin/bash -lc make"],
    [["/bin/bash", "-lc"], "commands starting with /bin/bash -lc"],
    [
      ["./bash", "-lc", "make && make install"],
      "commands starting with ./bash -lc 'make && make install'",
    ],
    [["make"], "commands starting with make"],
  ])("says what the rule %j allows: %s", (prefix, allows) => {
    const command = "/bin/bash -lc 'make && make install'";
    expect(requestOf({ command, proposedExecpolicyAmendment: prefix })).toMatchObject({
      alwaysAllows: `${allows} (kept in codex's own rules)`,
    });
  });

  test("keeps for the session at most what has no rule", () => {
    expect(plan({ command: "make", cwd: null, reason: null })).toEqual({
      kind: "approval",
      request: {
        subject: { kind: "command", command: "make", cwd: "/project" },
        reason: "codex wants to run it outside its sandbox",
        key: 'codex command ["command","make","/project",null]',
        scopes: ["session"],
      },
      answers: {
        allow_once: accept,
        allow_session: acceptForSession,
        allow_always: acceptForSession,
        deny: decline,
      },
      cancel,
    });
  });

  test.each([
    ["no words", { proposedExecpolicyAmendment: [] }],
    [
      "a rule that is not among the decisions",
      { proposedExecpolicyAmendment: ["make"], availableDecisions: ["accept", "cancel"] },
    ],
  ])("offers no rule of %s", (_name, params) => {
    expect(requestOf({ command: "make", ...params })).toMatchObject({ scopes: ["session"] });
  });

  test("shows what was typed, without the shell around it", () => {
    expect(requestOf({ command: "/bin/bash -lc 'git push'" })).toMatchObject({
      subject: { kind: "command", command: "git push", cwd: "/project" },
    });
  });

  test("takes what the request lacks from the announced command", () => {
    expect(requestOf({}, running)).toMatchObject({
      subject: { kind: "command", command: "python3 -i", cwd: "/srv" },
    });
  });

  test.each([
    ["nothing tells the command", {}],
    ["the command is blank", { command: "  " }],
    ["the command is no text", { command: 7 }],
    ["the connection is unreadable", { command: "curl x", networkApprovalContext: "x" }],
  ])("declines at once when %s", (_name, params) => {
    expect(plan(params)).toEqual({ kind: "answer", result: decline });
  });

  test("shows what is typed into a running command, and never the command in its place", () => {
    expect(requestOf({ kind: "writeStdin", command: "write_stdin 'rm -rf /'" }, running)).toEqual({
      subject: {
        kind: "tool",
        name: "write_stdin",
        arguments: { input: "write_stdin 'rm -rf /'", command: "python3 -i" },
      },
      reason: "codex wants to type this into a running command; the running command is python3 -i",
      key: `codex command ["writeStdin","write_stdin 'rm -rf /'","/srv",null]`,
      scopes: [],
    });
    expect(plan({ kind: "writeStdin" }, running)).toEqual({ kind: "answer", result: decline });
  });

  test("lets only a person pass a human checkpoint, once", () => {
    const params = {
      ...item,
      kind: "humanCommand",
      approvalId: "a1",
      command: "deploy",
      proposedExecpolicyAmendment: ["deploy"],
    };
    const planned = planCommandApproval(params, answerFacts());
    expect(shownPlan(planned)).toEqual({
      kind: "approval",
      request: {
        subject: { kind: "command", command: "deploy", cwd: "/project" },
        reason: "codex needs a person's word for it",
        key: "codex checkpoint a1",
        scopes: [],
      },
      answers: { allow_once: accept, allow_session: accept, allow_always: accept, deny: decline },
      cancel,
    });
    expect(shownPlan(planned, "policy")).toMatchObject({
      answers: {
        allow_once: decline,
        allow_session: decline,
        allow_always: decline,
        deny: decline,
      },
    });
  });

  test("asks for a connection by its host, and keeps codex's rule for that host", () => {
    const allow = { host: "example.com", action: "allow" };
    expect(
      plan(
        {
          networkApprovalContext: { host: "example.com", protocol: "https" },
          proposedNetworkPolicyAmendments: [{ ...allow, action: "deny" }, allow],
        },
        answerFacts({ commands: { call_1: { command: "curl example.com", cwd: "/srv" } } }),
      ),
    ).toEqual({
      kind: "approval",
      request: {
        subject: { kind: "command", command: "curl example.com", cwd: "/srv" },
        reason: "it wants to connect to https://example.com",
        key: "codex network https://example.com",
        scopes: ["session", "always"],
        alwaysAllows: "connections to example.com (kept in codex's own rules)",
        isKeptByAsker: true,
      },
      answers: {
        allow_once: accept,
        allow_session: acceptForSession,
        allow_always: {
          decision: { applyNetworkPolicyAmendment: { network_policy_amendment: allow } },
        },
        deny: decline,
      },
      cancel,
    });
  });

  test("names the connection when its command is unknown, and keeps no rule for another host", () => {
    expect(
      requestOf({
        networkApprovalContext: { host: "example.com", protocol: "socks5Tcp" },
        proposedNetworkPolicyAmendments: [{ host: "*", action: "allow" }],
      }),
    ).toEqual({
      subject: {
        kind: "command",
        command: "network-access socks5Tcp://example.com",
        cwd: "/project",
      },
      reason: "it wants to connect to socks5Tcp://example.com",
      key: "codex network socks5Tcp://example.com",
      scopes: ["session"],
    });
  });

  test("tells what more a command gets, and keeps that only where codex offers it", () => {
    const params = {
      command: "npm ci",
      reason: "install",
      additionalPermissions: {
        network: { enabled: true },
        fileSystem: { write: ["/cache"] },
      },
    };
    const request = {
      subject: { kind: "command", command: "npm ci", cwd: "/project" },
      reason: "it gets more than its sandbox allows: network access, write to /cache; install",
      key: `codex command ${JSON.stringify(["command", "npm ci", "/project", params.additionalPermissions])}`,
      scopes: [],
    };
    expect(requestOf(params)).toEqual(request);
    expect(requestOf({ ...params, availableDecisions: ["accept", "acceptForSession"] })).toEqual({
      ...request,
      scopes: ["session"],
    });
  });
});
