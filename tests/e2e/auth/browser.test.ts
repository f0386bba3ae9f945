import { expect, test } from "bun:test";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createIdentityProvider } from "../../fakes/identity_provider.ts";
import { inkShare } from "../../fakes/png.ts";
import { startTlsProxy } from "../../fakes/tls_proxy.ts";
import { findChromium, openBrowser } from "./browser.ts";

const program = findChromium();
if (program === undefined) console.error("No chromium is installed: no browser signs in here");

/** Answers every request with a page, and tells what was asked. */
async function startCallback(
  html: string,
): Promise<AsyncDisposable & { readonly address: string; readonly asked: readonly string[] }> {
  const asked: string[] = [];
  const server = createServer((incoming, response) => {
    asked.push(incoming.url ?? "");
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(html);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/callback`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function authorizeAddress(redirectUri: string): string {
  const asked = new URLSearchParams({
    response_type: "code",
    client_id: "b1a00492-073a-47ea-816f-4c329264a828",
    redirect_uri: redirectUri,
    scope: "openid profile email offline_access grok-cli:access api:access",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    code_challenge_method: "S256",
    state: "5ca75bd30b1f4a6d8e2c9f0a1b2c3d4e",
    nonce: "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    plan: "generic",
    referrer: "hermes-agent",
  });
  return `https://accounts.x.ai/oauth2/authorize?${asked.toString()}`;
}

test.skipIf(program === undefined)(
  "a browser signs in at xAI and lands on the loopback address",
  async () => {
    const identity = createIdentityProvider();
    await using proxy = await startTlsProxy(identity.hosts);
    await using callback = await startCallback("<title>Done</title><h1>Welcome</h1>");
    await using browser = await openBrowser({ program: program ?? "", proxy });
    const landing = await browser.answer(authorizeAddress(callback.address), "ada@example.com");
    const [code = ""] = identity.secrets();
    const query = `?code=${code}&state=5ca75bd30b1f4a6d8e2c9f0a1b2c3d4e&iss=https%3A%2F%2Fauth.x.ai`;
    expect({ ...landing, screenshot: inkShare(landing.screenshot) > 0.001 }).toEqual({
      url: callback.address + query,
      title: "Done",
      text: "Welcome",
      screenshot: true,
      problems: [],
    });
    expect(callback.asked[0]).toBe(`/callback${query}`);
  },
  240_000,
);

test.skipIf(program === undefined)(
  "a browser says no, and a blank page is known as one",
  async () => {
    const identity = createIdentityProvider();
    await using proxy = await startTlsProxy(identity.hosts);
    await using callback = await startCallback("<title></title>");
    await using browser = await openBrowser({ program: program ?? "", proxy, colorScheme: "dark" });
    const { url, text, screenshot } = await browser.answer(
      authorizeAddress(callback.address),
      "ada@example.com",
      "deny",
    );
    expect([new URL(url).searchParams.get("error"), text, inkShare(screenshot)]).toEqual([
      "access_denied",
      "",
      0,
    ]);
  },
  240_000,
);
