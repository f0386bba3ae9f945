import { expect, test } from "bun:test";
import { post, type PostRequest } from "../../src/transports/http.ts";
import { scriptedFetch } from "../fakes/fetch.ts";

function postRequest(change: Partial<PostRequest> = {}): PostRequest {
  return {
    baseUrl: "https://api.acme.test/v1",
    path: "/responses",
    headers: { "Content-Type": "application/json", "X-Own": "1" },
    body: '{"a":1}',
    signal: new AbortController().signal,
    ...change,
  };
}

test("post() sends the body and exactly the headers it was given", async () => {
  const answer = new Response("{}");
  const { fetch, requests } = scriptedFetch(answer);
  const request = postRequest();
  expect(await post(fetch, request)).toBe(answer);
  expect(requests).toEqual([
    {
      url: "https://api.acme.test/v1/responses",
      method: "POST",
      headers: { "content-type": "application/json", "x-own": "1" },
      body: '{"a":1}',
      signal: request.signal,
      redirect: "manual",
    },
  ]);
});

test.each([
  ["https://api.acme.test/v1/", "https://api.acme.test/v1/responses"],
  ["http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1/responses"],
  ["https://a.test/openai/v1?api-version=2", "https://a.test/openai/v1/responses?api-version=2"],
])("post() puts the path behind the path of the base URL: %s", async (baseUrl, url) => {
  const { fetch, requests } = scriptedFetch(new Response("{}"));
  await post(fetch, postRequest({ baseUrl }));
  expect(requests.map((request) => request.url)).toEqual([url]);
});

test.each([302, 400, 401, 429, 500])(
  "post() resolves to an answer with status %d, unread, after one attempt",
  async (status) => {
    const { fetch, requests } = scriptedFetch(new Response("why", { status }));
    const answer = await post(fetch, postRequest());
    expect([answer.status, await answer.text(), requests.length]).toEqual([status, "why", 1]);
  },
);

test("post() rejects with what fetch rejects with, after one attempt", async () => {
  const failure = new TypeError("unreachable");
  const { fetch, requests } = scriptedFetch(() => Promise.reject(failure));
  expect(await post(fetch, postRequest()).catch((error: unknown) => error)).toBe(failure);
  expect(requests).toHaveLength(1);
});
