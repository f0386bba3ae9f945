import { expect, test } from "bun:test";
import { HermesError } from "../../src/core/errors.ts";
import type { Fetch } from "../../src/core/ports.ts";
import { listModels } from "../../src/transports/model_list.ts";
import { createFakeClock } from "../fakes/clock.ts";
import { endpoint } from "../fakes/endpoint.ts";
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
