import { expect, test } from "bun:test";
import type { CredentialSource } from "../../src/core/credential.ts";
import { HermesError } from "../../src/core/errors.ts";
import type { Fetch } from "../../src/core/ports.ts";
import { listModels } from "../../src/transports/model_list.ts";
import { createFakeClock, settled } from "../fakes/clock.ts";
import { endpoint } from "../fakes/endpoint.ts";
import { openAnswer } from "../fakes/fetch.ts";
import { thrown } from "../fakes/thrown.ts";

interface Asked {
  readonly url: string;
  readonly init: Parameters<Fetch>[1];
}

/** The list of an endpoint that gives one answer, and what it was asked. */
function listFrom(answer: Response | Error): {
  readonly asked: Asked[];
  readonly list: () => Promise<readonly string[]>;
} {
  const asked: Asked[] = [];
  const fetch: Fetch = (input, init) => {
    asked.push({ url: input instanceof Request ? input.url : input.toString(), init });
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const credentials = {
    get: () => Promise.resolve({ id: "k", token: "key", origin: "environment KEY" }),
  };
  const deps = { fetch, clock: createFakeClock(0), credentials };
  return { asked, list: () => listModels(deps, endpoint(), new AbortController().signal) };
}

test("listModels() asks with the key and gives each id once, in the endpoint's order", async () => {
  const data = [{ id: "m2" }, { id: "m1" }, { name: "none" }, { id: "m2" }];
  const { list, asked } = listFrom(Response.json({ data }));
  expect(await list()).toEqual(["m2", "m1"]);
  expect(asked).toEqual([
    {
      url: "https://api.acme.test/v1/models",
      init: {
        headers: { Accept: "application/json", Authorization: "Bearer key" },
        signal: expect.any(AbortSignal),
        redirect: "manual",
      },
    },
  ]);
});

test("listModels() knows a refusal by its status although its body never ends", async () => {
  const clock = createFakeClock();
  const answer = openAnswer("application/json");
  const fetch: Fetch = () => Promise.resolve(new Response(answer.response.body, { status: 403 }));
  const credentials = { get: () => Promise.resolve(undefined) };
  const deps = { fetch, clock, credentials };
  const failed = thrown(() => listModels(deps, endpoint(), new AbortController().signal));
  await settled();
  answer.write('{"message": "Not for you"}');
  await clock.advance(5_000);
  expect(await failed).toMatchObject({ code: "auth/not_entitled", httpStatus: 403 });
  expect(answer.isCancelled()).toBe(true);
});

test("listModels() takes the ChatGPT backend's shape: what is not hidden, the foremost first", async () => {
  const asked: string[] = [];
  const models = [
    { slug: "gpt-5.4-mini", visibility: "list", supported_in_api: false, priority: 2 },
    { slug: "b", visibility: "list" },
    { slug: "a" },
    { slug: "internal", visibility: "hide", priority: 0 },
    { slug: "older", visibility: "hidden", priority: 0 },
    { slug: "gpt-5.5", visibility: "list", priority: 0 },
    { title: "none" },
    "none",
  ];
  const fetch: Fetch = (input) => {
    asked.push(input instanceof Request ? input.url : input.toString());
    return Promise.resolve(Response.json({ models }));
  };
  const credentials = { get: () => Promise.resolve(undefined) };
  const deps = { fetch, clock: createFakeClock(0), credentials };
  const codex = endpoint({}, { clientVersion: "1.0.0" });
  expect(await listModels(deps, codex, new AbortController().signal)).toEqual([
    "gpt-5.5",
    "gpt-5.4-mini",
    "a",
    "b",
  ]);
  expect(asked).toEqual(["https://api.acme.test/v1/models?client_version=1.0.0"]);
});

test.each([
  [["old", "new"], "new", ["m"]],
  [["old"], undefined, "auth/rejected"],
  [["old", "wrong"], "wrong", "auth/rejected"],
])("listModels() with a refused token asks with %j", async (tokens, next, wanted) => {
  const asked: string[] = [];
  const fetch: Fetch = (_, init) => {
    const token = /\S+$/.exec(new Headers(init?.headers).get("authorization") ?? "")?.[0] ?? "";
    asked.push(token);
    const data = [{ id: "m" }];
    return Promise.resolve(Response.json({ data }, { status: token === "new" ? 200 : 401 }));
  };
  const credentials: CredentialSource = {
    get: (_, { rejected } = {}) => {
      const token = rejected ? next : "old";
      return Promise.resolve(token === undefined ? undefined : { id: "k", token, origin: "login" });
    },
  };
  const deps = { fetch, clock: createFakeClock(0), credentials };
  const list = () => listModels(deps, endpoint(), new AbortController().signal);
  const ended = typeof wanted === "string" ? (await thrown(list)).code : await list();
  expect<unknown>([ended, asked]).toEqual([wanted, tokens]);
});

test("listModels() does not follow a redirect, and names its target without secrets", async () => {
  const location = "https://user:pass@login.acme.test/models?token=abc";
  const { list } = listFrom(new Response(null, { status: 302, headers: { location } }));
  expect(await thrown(list)).toEqual(
    new HermesError(
      "stream/invalid",
      "https://api.acme.test/v1/models redirects to another address: https://login.acme.test/models",
      {
        hint: "set the endpoint's own address: hermes config set model.base_url URL",
        httpStatus: 302,
      },
    ),
  );
});

test("listModels() says that an endpoint cannot be reached, and what for", async () => {
  const { list } = listFrom(Object.assign(new Error("connect failed"), { code: "ECONNREFUSED" }));
  const { code, message } = await thrown(list);
  expect([code, message]).toEqual([
    "network/unreachable",
    "Cannot reach acme for the list of models: connect failed (ECONNREFUSED)",
  ]);
});

test("listModels() reports an answer that is no list", async () => {
  const { list } = listFrom(Response.json({ models: [] }));
  const { code, message } = await thrown(list);
  expect([code, message]).toEqual([
    "stream/invalid",
    "Expected a list of models from https://api.acme.test/v1/models, got something else",
  ]);
});
