import { expect, test } from "bun:test";
import { mcpLoginOf, withMcpLogin } from "../../src/auth/mcp_logins.ts";

const url = "https://mcp.example.com/mcp";
const login = { url, tokens: { access_token: "a" }, client: { client_id: "c" } };
const file = { version: 1, providers: {}, extra: [1] };

test("withMcpLogin() keeps a login beside everything else, and takes it out again", () => {
  const one = withMcpLogin(file, "far", login);
  const two = withMcpLogin(one, "near", { ...login, client: undefined });
  expect(two).toEqual({
    ...file,
    mcp_servers: { far: login, near: { url, tokens: { access_token: "a" } } },
  });
  expect(withMcpLogin(two, "near", undefined)).toEqual(one);
  expect(withMcpLogin(one, "far", undefined)).toEqual(file);
  expect(withMcpLogin(file, "far", undefined)).toBe(file);
});

test("mcpLoginOf() gives a login to the address that it is for, to no other", () => {
  const one = withMcpLogin(file, "far", login);
  expect(mcpLoginOf(one, "far", url)).toEqual(login);
  expect(mcpLoginOf(one, "far", "https://mcp.example.org/mcp")).toBeUndefined();
  expect(mcpLoginOf(one, "near", url)).toBeUndefined();
});
