import { describe, expect, test } from "bun:test";
import { isLoopback, refusalOfRequest } from "../../src/mcp/http_guard.ts";

const token = "0123456789abcdef";

function status(
  headers: Readonly<Record<string, string>>,
  access: { readonly host: string; readonly token?: string } = { host: "127.0.0.1" },
): number | undefined {
  const request = new Request("http://localhost/mcp", { headers: { ...headers } });
  return refusalOfRequest(request, access)?.status;
}

test("isLoopback() knows this machine's own addresses", () => {
  const own = ["localhost", "127.0.0.1", "127.1.2.3", "::1"];
  const others = [
    "0.0.0.0",
    "::",
    "10.0.0.1",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "",
  ];
  expect(own.filter((host) => !isLoopback(host))).toEqual([]);
  expect(others.filter(isLoopback)).toEqual([]);
});

describe("refusalOfRequest()", () => {
  test.each([
    ["localhost:8765", undefined],
    ["127.0.0.1:8765", undefined],
    ["[::1]:8765", undefined],
    ["evil.example", 403],
    ["evil.example:8765", 403],
    ["localhost.evil.example", 403],
    ["user@localhost", 403],
    ["localhost/x", 403],
    ["", 403],
  ])("on a loopback address takes the host %p as %p", (host, expected) => {
    expect(status({ host })).toBe(expected);
  });

  test.each([
    ["http://localhost:6274", undefined],
    ["https://127.0.0.1", undefined],
    ["http://evil.example", 403],
    ["null", 403],
    ["nonsense", 403],
  ])("on a loopback address takes the origin %p as %p", (origin, expected) => {
    expect(status({ host: "localhost:1", origin })).toBe(expected);
  });

  test("elsewhere an origin must be the host itself", () => {
    const access = { host: "0.0.0.0", token };
    const authorization = `Bearer ${token}`;
    const own = { host: "box:1", origin: "http://box:1", authorization };
    expect(status(own, access)).toBeUndefined();
    expect(status({ ...own, origin: "http://evil.example" }, access)).toBe(403);
    expect(status({ host: "box:1" }, access)).toBe(401);
  });

  test.each([
    [`Bearer ${token}`, undefined],
    [`bearer  ${token}`, undefined],
    [`Bearer ${token}0`, 401],
    [`Bearer ${token.slice(0, -1)}`, 401],
    ["Bearer ", 401],
    [`Basic ${token}`, 401],
    [token, 401],
  ])("takes the credential %p as %p", (authorization, expected) => {
    expect(status({ host: "localhost", authorization }, { host: "127.0.0.1", token })).toBe(
      expected,
    );
  });

  test("says what is needed", () => {
    const request = new Request("http://localhost/mcp", { headers: { host: "localhost" } });
    const refused = refusalOfRequest(request, { host: "127.0.0.1", token });
    expect(refused?.headers.get("www-authenticate")).toStartWith("Bearer");
  });
});
