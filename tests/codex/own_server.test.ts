import { describe, expect, test } from "bun:test";
import { ownServer } from "../../src/codex/own_server.ts";

describe("ownServer()", () => {
  const rest = {
    default_tools_approval_mode: "approve",
    startup_timeout_sec: 30,
    tool_timeout_sec: 600,
  };

  test("starts this program again, for the home that the environment names", () => {
    expect(ownServer({ program: ["/opt/bun", "/src/main.ts"] })).toEqual({
      command: "/opt/bun",
      args: ["/src/main.ts", "mcp", "serve"],
      env_vars: [
        "HERMES_HOME",
        "HERMES_PROFILE",
        "HERMES_REDACT_SECRETS",
        "HERMES_WRITE_SAFE_ROOT",
      ],
      ...rest,
    });
  });

  test("works on the home that it is told", () => {
    expect(ownServer({ program: ["/opt/hermes"], home: "/home/me/.hermes" })).toEqual({
      command: "/opt/hermes",
      args: ["mcp", "serve"],
      env: { HERMES_HOME: "/home/me/.hermes" },
      env_vars: ["HERMES_REDACT_SECRETS", "HERMES_WRITE_SAFE_ROOT"],
      ...rest,
    });
  });

  test("needs to know where this program is", () => {
    for (const program of [undefined, [], ["hermes"]]) {
      expect(() => ownServer({ program })).toThrow("absolute path of hermes");
    }
  });
});
