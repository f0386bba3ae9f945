import { describe, expect, test } from "bun:test";
import { callWebhook, type WebhookCall } from "../../src/app/cron_webhook.ts";
import { createFakeClock, createInstantClock, settled } from "../fakes/clock.ts";
import { scriptedFetch, type ScriptedAnswer } from "../fakes/fetch.ts";

const never = new AbortController().signal;

const call: WebhookCall = {
  url: "https://hooks.example.com/T/secret",
  body: '{"text":"hi"}',
  key: "run_1",
  secret: "key",
  mayBePrivate: false,
};

/** printf '{"text":"hi"}' | openssl dgst -sha256 -hmac key */
const signature = "4991614ca6c44269ceb8b70b29c9f2f01e282054edd8c25ef406431d3cb6e36c";

function rig(answers: readonly ScriptedAnswer[], addresses: readonly string[] = ["93.184.215.14"]) {
  const { fetch, requests } = scriptedFetch(...answers);
  const clock = createInstantClock();
  const resolver = { addressesOf: () => Promise.resolve(addresses) };
  return { deps: { fetch, clock, resolver }, requests, clock };
}

const status = (code: number, headers: Record<string, string> = {}) =>
  new Response("", { status: code, headers });
const down = (): never => {
  throw Object.assign(new Error("no"), { code: "ECONNREFUSED" });
};

describe("callWebhook()", () => {
  test("posts what the receiver can check", async () => {
    const { deps, requests } = rig([status(204)]);
    expect(await callWebhook(deps, call, never)).toEqual({ attempts: 1 });
    expect(requests.map(({ signal: _signal, ...sent }) => sent)).toEqual([
      {
        url: call.url,
        method: "POST",
        headers: {
          "content-type": "application/json",
          "idempotency-key": "run_1",
          "user-agent": "hermes",
          "x-hermes-signature": `sha256=${signature}`,
        },
        body: call.body,
        redirect: "manual",
      },
    ]);
  });

  test.each([
    ["a server that is down for a moment", [down, status(500), status(200)], 3, undefined],
    ["a server that stays down", [down, down, down], 3, "it cannot be reached (ECONNREFUSED)"],
    ["a server that is too busy", [status(429), status(503), status(529)], 3, "it answered 529"],
    ["a refusal", [status(404)], 1, "it answered 404"],
    ["another place", [status(302)], 1, "it answered with a redirect, which is not followed"],
  ] as const)("%s", async (...[, answers, attempts, problem]) => {
    const { deps } = rig(answers);
    const end = problem === undefined ? { attempts } : { attempts, problem };
    expect(await callWebhook(deps, call, never)).toEqual(end);
  });

  test("waits as long as it is asked to, but not for ever", async () => {
    const { deps, clock } = rig([
      status(429, { "Retry-After": "7" }),
      status(503, { "Retry-After": "86400" }),
      status(200),
    ]);
    expect(await callWebhook(deps, call, never)).toEqual({ attempts: 3 });
    expect(clock.slept.filter((ms) => ms !== 30_000)).toEqual([7_000, 60_000]);
  });

  test("gives up a server that does not answer", async () => {
    const hang: ScriptedAnswer = ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("aborted")));
      });
    const { deps } = rig([hang, hang, hang]);
    expect(await callWebhook(deps, call, never)).toEqual({
      attempts: 3,
      problem: "no answer within 30 s",
    });
  });

  test("ends with its signal between two attempts", async () => {
    const { deps } = rig([down]);
    const clock = createFakeClock();
    const stop = new AbortController();
    const end = callWebhook({ ...deps, clock }, call, stop.signal);
    // The signature is made on another thread: one turn of the event loop may be too few.
    while (clock.slept.length < 2) await settled();
    expect(clock.slept).toEqual([30_000, 1_000]);
    stop.abort();
    expect(await end).toEqual({ attempts: 1, problem: "it cannot be reached (ECONNREFUSED)" });
  });

  test.each([
    ["ftp://example.com/", ["8.8.8.8"], false, "it is no https address"],
    ["example.com", ["8.8.8.8"], false, "it is no https address"],
    ["https://a:b@example.com/", ["8.8.8.8"], true, "its address has a user or a password"],
    [
      "http://example.com/",
      ["8.8.8.8"],
      true,
      "http is for this machine alone, elsewhere it takes https",
    ],
    [
      "https://intern.example.com/",
      ["8.8.8.8", "10.0.0.1"],
      false,
      "intern.example.com is on this machine or in a private network (security.allow_private_urls is false)",
    ],
    [
      "http://localhost:9/",
      ["127.0.0.1", "::1"],
      false,
      "localhost is on this machine or in a private network (security.allow_private_urls is false)",
    ],
  ] as const)("refuses %s at %j", async (url, addresses, mayBePrivate, problem) => {
    const { deps, requests } = rig([], addresses);
    expect(await callWebhook(deps, { ...call, url, mayBePrivate }, never)).toEqual({
      attempts: 0,
      problem,
    });
    expect(requests).toEqual([]);
  });

  test("calls private addresses where the user wants that", async () => {
    const { deps } = rig([status(200), status(200)], ["10.0.0.1"]);
    const wanted = { ...call, mayBePrivate: true };
    expect(await callWebhook(deps, wanted, never)).toEqual({ attempts: 1 });
    const local = { ...deps, resolver: { addressesOf: async () => ["::1"] } };
    const http = { ...wanted, url: "http://localhost:9/" };
    expect(await callWebhook(local, http, never)).toEqual({ attempts: 1 });
  });

  test("says that a host is not known, when it stays so", async () => {
    const { deps, clock } = rig([]);
    const resolver = { addressesOf: () => Promise.reject(new Error("ENOTFOUND")) };
    expect(await callWebhook({ ...deps, resolver }, call, never)).toEqual({
      attempts: 3,
      problem: "its host is not known: hooks.example.com",
    });
    expect(clock.slept).toEqual([1_000, 5_000]);
  });

  test("outlives a moment without a network, and looks again where the name leads", async () => {
    const { deps, requests } = rig([status(500)]);
    let looks = 0;
    const resolver = {
      async addressesOf() {
        looks++;
        if (looks === 1) throw new Error("EAI_AGAIN");
        return [looks === 2 ? "93.184.215.14" : "127.0.0.1"];
      },
    };
    expect(await callWebhook({ ...deps, resolver }, call, never)).toEqual({
      attempts: 2,
      problem:
        "hooks.example.com is on this machine or in a private network (security.allow_private_urls is false)",
    });
    expect(requests).toHaveLength(1);
  });

  test("ends with its signal while a name server does not answer", async () => {
    const { deps } = rig([]);
    const stop = new AbortController();
    const resolver = {
      addressesOf() {
        stop.abort();
        return Promise.withResolvers<never>().promise;
      },
    };
    expect(await callWebhook({ ...deps, resolver }, call, stop.signal)).toEqual({
      attempts: 1,
      problem: "it was stopped",
    });
  });
});
