import { expect, test } from "bun:test";
import { type App, createApp } from "../../src/app.ts";
import { resolveMcpToken } from "../../src/app/mcp_token.ts";
import { createFakePorts } from "../fakes/app.ts";
import { createFakeFiles } from "../fakes/files.ts";
import { thrown } from "../fakes/thrown.ts";

const good = "0123456789abcdef";

/** The composed program of a home with these files. */
function setUp(
  setting: {
    readonly env?: Readonly<Record<string, string>>;
    readonly files?: Readonly<Record<string, string>>;
  } = {},
): App {
  const files = createFakeFiles();
  for (const [path, text] of Object.entries(setting.files ?? {})) files.write(path, text);
  return createApp(createFakePorts({ cwd: "/home/ann", files, env: setting.env ?? {} }), {
    overrides: [],
  });
}

const request = { file: undefined, isLoopback: true, isOptional: false };

test("a file comes before the variable, and the variable before a new token", async () => {
  const env = { HERMES_MCP_TOKEN: ` ${good}1 ` };
  const app = setUp({ env, files: { "/t": `${good}2\n` } });
  expect(await resolveMcpToken(app, { ...request, file: "/t" })).toEqual({
    origin: "file",
    value: `${good}2`,
  });
  expect(await resolveMcpToken(app, request)).toEqual({ origin: "variable", value: `${good}1` });
});

test("a new token is 256 random bits, another one each time, and masked from then on", async () => {
  const app = setUp();
  const [one, two] = [await resolveMcpToken(app, request), await resolveMcpToken(app, request)];
  if (one.origin !== "made" || two.origin !== "made") throw new Error("Expected new tokens");
  expect(one.value).toMatch(/^[0-9a-f]{64}$/);
  expect(one.value).not.toBe(two.value);
  expect((await app.redactor()).held(`x ${one.value} y`)).not.toContain(one.value);
});

test("none is needed where it may be left out, unless one was chosen", async () => {
  const optional = { ...request, isOptional: true };
  expect(await resolveMcpToken(setUp(), optional)).toEqual({ origin: "none" });
  const chosen = setUp({ env: { HERMES_MCP_TOKEN: good } });
  expect(await resolveMcpToken(chosen, optional)).toEqual({ origin: "variable", value: good });
});

test("on an address that others reach one must be chosen", async () => {
  const open = { ...request, isLoopback: false };
  for (const isOptional of [true, false]) {
    const { code } = await thrown(() => resolveMcpToken(setUp(), { ...open, isOptional }));
    expect(code).toBe("usage/invalid");
  }
});

test.each(["short", "0123456789abcde ", "0123456789 abcdef", "0123456789äbcdef"])(
  "%p is no token",
  async (token) => {
    const app = setUp({ env: { HERMES_MCP_TOKEN: token } });
    const { code, message } = await thrown(() => resolveMcpToken(app, request));
    expect(code).toBe("usage/invalid");
    expect(message).not.toContain(token.trim());
  },
);

test("a file that cannot be read is told", async () => {
  const { code } = await thrown(() => resolveMcpToken(setUp(), { ...request, file: "/none" }));
  expect(code).toBe("file/unreadable");
});

test("a file that is not there is told with what makes one", async () => {
  const failure = await thrown(() => resolveMcpToken(setUp(), { ...request, file: "/a b" }));
  expect(failure).toMatchObject({
    code: "file/unreadable",
    hint: "make one: (umask 077; openssl rand -hex 32 > '/a b')",
  });
});
