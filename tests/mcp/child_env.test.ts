import { expect, test } from "bun:test";
import { serverEnv } from "../../src/mcp/child_env.ts";

test("serverEnv() passes what programs need, never a key, and what the user gives wins", () => {
  const env = {
    HOME: "/home/ada",
    PATH: "/bin",
    LC_ALL: "C",
    XDG_CONFIG_HOME: "/c",
    SSL_CERT_FILE: "/ca.pem",
    https_proxy: "http://p",
    NO_PROXY: "*",
    OPENAI_API_KEY: "sk-1",
    HERMES_HOME: "/h",
    AWS_SECRET_ACCESS_KEY: "s",
    SSH_AUTH_SOCK: "/s",
    LANG: undefined,
  };
  expect(serverEnv(env, { PATH: "/mine", TOKEN: "t" })).toEqual({
    HOME: "/home/ada",
    PATH: "/mine",
    LC_ALL: "C",
    XDG_CONFIG_HOME: "/c",
    SSL_CERT_FILE: "/ca.pem",
    https_proxy: "http://p",
    NO_PROXY: "*",
    TOKEN: "t",
  });
});
