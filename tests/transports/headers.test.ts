import { expect, test } from "bun:test";
import type { Credential } from "../../src/core/credential.ts";
import { HermesError } from "../../src/core/errors.ts";
import { authorizedHeaders, stepHeaders } from "../../src/transports/headers.ts";
import { endpoint } from "../fakes/endpoint.ts";

const credential: Credential = { id: "k1", token: "sk-secret", origin: "environment ACME_API_KEY" };

test("stepHeaders() carries the vendor's headers and the cache key in each of its headers", () => {
  const acme = endpoint(
    {},
    { headers: { originator: "x" }, cacheKeyHeaders: ["session_id", "x-id"] },
  );
  expect(stepHeaders(acme, "session-1")).toEqual({
    "Content-Type": "application/json",
    Accept: "text/event-stream",
    "User-Agent": "hermes",
    originator: "x",
    session_id: "session-1",
    "x-id": "session-1",
  });
});

test("stepHeaders() lets the vendor's headers win, in whatever case", () => {
  const acme = endpoint({}, { headers: { "user-agent": "acme_cli/1", ACCEPT: "*/*" } });
  expect(stepHeaders(acme, "s")).toEqual({
    "Content-Type": "application/json",
    ACCEPT: "*/*",
    "user-agent": "acme_cli/1",
  });
});

test("authorizedHeaders() adds the token, and the account where the vendor wants it", () => {
  const acme = endpoint({}, { accountHeader: "ChatGPT-Account-ID" });
  expect(authorizedHeaders({ a: "1" }, acme, { ...credential, accountId: "acc" })).toEqual({
    a: "1",
    Authorization: "Bearer sk-secret",
    "ChatGPT-Account-ID": "acc",
  });
  expect(authorizedHeaders({}, acme, credential)).toEqual({ Authorization: "Bearer sk-secret" });
  const accounted = { ...credential, accountId: "acc" };
  expect(authorizedHeaders({}, endpoint(), accounted)).toEqual({
    Authorization: "Bearer sk-secret",
  });
});

test("authorizedHeaders() sends no Authorization without a token", () => {
  expect(authorizedHeaders({ a: "1" }, endpoint(), { ...credential, token: " " })).toEqual({
    a: "1",
  });
});

test("authorizedHeaders() trims a token", () => {
  const padded = { ...credential, token: " sk-secret\n" };
  expect(authorizedHeaders({}, endpoint(), padded)).toEqual({ Authorization: "Bearer sk-secret" });
});

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error("Nothing was thrown");
}

test.each(["sk-one\nsk-two", "sk one", "sk-\u0000", "schlüssel"])(
  "authorizedHeaders() refuses a token that no header can carry, without telling it: %j",
  (token) => {
    const error = thrownBy(() => authorizedHeaders({}, endpoint(), { ...credential, token }));
    expect(error).toEqual(
      new HermesError(
        "auth/rejected",
        "Key for acme holds characters that no HTTP header can carry: environment ACME_API_KEY",
        { hint: "set the key again, on one line and without blanks or quotes around it" },
      ),
    );
  },
);

test.each([
  ["x-a", "one\r\nx-b: two"],
  ["x a", "1"],
  ["", "1"],
  ["x-a", "日本"],
])(
  "authorizedHeaders() refuses a header that is none, without telling its value: %j %j",
  (name, value) => {
    const error = thrownBy(() => authorizedHeaders({ [name]: value }, endpoint(), credential));
    expect(error).toEqual(
      new HermesError(
        "config/invalid",
        `Header for acme is none that HTTP can carry: ${JSON.stringify(name)}`,
        { hint: "correct the headers of the provider in the configuration: hermes config edit" },
      ),
    );
  },
);
