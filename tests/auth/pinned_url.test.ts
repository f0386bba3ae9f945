import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { pinnedUrl, requirePinned } from "../../src/auth/pinned_url.ts";
import { thrown } from "../fakes/thrown.ts";

const domains = ["x.ai", "example.com"];

describe("pinnedUrl() lets through", () => {
  test.each([
    ["https://x.ai", "https://x.ai/"],
    ["https://x.ai/", "https://x.ai/"],
    ["https://auth.x.ai/oauth2/token", "https://auth.x.ai/oauth2/token"],
    ["https://a.b.c.x.ai/a/../b?c=d", "https://a.b.c.x.ai/b?c=d"],
    ["https://auth.x.ai:443/token", "https://auth.x.ai/token"],
    ["https://example.com/token", "https://example.com/token"],
    ["https://xn--bcher-kva.x.ai/", "https://xn--bcher-kva.x.ai/"],
  ])("%s", (text, href) => {
    expect(pinnedUrl(text, domains)?.href).toBe(href);
  });
});

describe("pinnedUrl() refuses", () => {
  test.each([
    ["nothing", ""],
    ["no encryption", "http://auth.x.ai/"],
    ["another scheme", "ftp://auth.x.ai/"],
    ["a scheme in capitals", "HTTPS://auth.x.ai/"],
    ["no scheme", "auth.x.ai"],
    ["a scheme without slashes", "https:auth.x.ai"],
    ["one slash", "https:/auth.x.ai/"],
    ["three slashes", "https:///auth.x.ai/"],
    ["another host", "https://evil.example/"],
    ["a host that ends like ours", "https://evilx.ai/"],
    ["a host that begins like ours", "https://x.ai.evil.example/"],
    ["our host in the path", "https://evil.example/x.ai"],
    ["our host in the query", "https://evil.example?x.ai"],
    ["our host in the fragment", "https://evil.example#x.ai"],
    ["a user name", "https://x.ai@evil.example/"],
    ["a user name for our host", "https://evil.example@x.ai/"],
    ["a user name and a password", "https://a:b@x.ai/"],
    ["an empty user name", "https://@x.ai/"],
    ["an empty user name and password", "https://:@x.ai/"],
    ["a backslash before an at sign", "https://evil.example\\@x.ai/"],
    ["a backslash for a slash", "https://evil.example\\.x.ai/"],
    ["backslashes for slashes", "https:\\\\auth.x.ai\\token"],
    ["a backslash in the path", "https://auth.x.ai/a\\b"],
    ["another port", "https://auth.x.ai:8443/"],
    ["the port of http", "https://auth.x.ai:80/"],
    ["an empty port", "https://auth.x.ai:/"],
    ["a port with zeros before it", "https://auth.x.ai:0443/"],
    ["a fragment", "https://auth.x.ai/#a"],
    ["an empty fragment", "https://auth.x.ai/#"],
    ["a dot at the end", "https://auth.x.ai./"],
    ["a dot at the beginning", "https://.x.ai/"],
    ["two dots", "https://auth..x.ai/"],
    ["capitals", "https://AUTH.x.ai/"],
    ["full-width dots", "https://auth。x。ai/"],
    ["full-width letters", "https://auth.ｘ.ai/"],
    ["an international name", "https://bücher.x.ai/"],
    ["a letter that looks the same", "https://auth.х.ai/"],
    ["a percent-encoded dot", "https://auth%2ex.ai/"],
    ["a percent-encoded letter", "https://auth.%78.ai/"],
    ["a percent-encoded slash", "https://evil.example%2f.x.ai/"],
    ["a soft hyphen", "https://auth.x\u00ad.ai/"],
    ["the loopback address", "https://127.0.0.1/"],
    ["an address as a number", "https://2130706433/"],
    ["an IPv6 address", "https://[::1]/"],
    ["a blank before it", " https://auth.x.ai/"],
    ["a blank behind it", "https://auth.x.ai/ "],
    ["a line break in the host", "https://evil.example\n.x.ai/"],
    ["a tab in the scheme", "ht\ttps://auth.x.ai/"],
    ["a line break in the path", "https://auth.x.ai/a\r\nb"],
    ["a zero byte", "https://auth.x.ai/\0"],
    ["data", "data:text/plain,https://auth.x.ai/"],
  ])("%s", (_name, text) => {
    expect(pinnedUrl(text, domains)).toBeUndefined();
  });

  test("everything where there is no domain", () => {
    expect(pinnedUrl("https://x.ai/", [])).toBeUndefined();
  });
});

describe("pinnedUrl() with any text", () => {
  const piece = fc.oneof(
    fc.constantFrom("https:", "http:", "/", "//", "\\", "@", ":", "#", "?", ".", "%", "%2e", "\t"),
    fc.constantFrom("x.ai", "auth.x.ai", "evil.example", "443", "[::1]", "。", "ｘ.ai", "\n", " "),
    fc.string({ unit: "binary", maxLength: 4 }),
  );
  const address = fc.oneof(
    fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join("")),
    fc.array(piece, { maxLength: 6 }).map((pieces) => `https://${pieces.join("")}`),
    fc.array(piece, { maxLength: 6 }).map((pieces) => `https://auth.x.ai${pieces.join("")}`),
    fc.webUrl({ withQueryParameters: true, withFragments: true, size: "large" }),
  );

  test("lets through only what everybody reads as one of our hosts", () => {
    fc.assert(
      fc.property(address, (text) => {
        const url = pinnedUrl(text, domains);
        if (!url) return;
        // RFC 3986 appendix B: another reading than the browsers'.
        const authority = /^[^:/?#]+:\/\/([^/?#]*)/.exec(text)?.[1] ?? "";
        expect(authority.replace(/:443$/, "")).toBe(url.hostname);
        expect(url.hostname).toMatch(/^(?:[a-z0-9-]+\.)*(?:x\.ai|example\.com)$/);
        expect([url.protocol, url.port, url.username, url.password, url.hash]).toEqual([
          "https:",
          "",
          "",
          "",
          "",
        ]);
      }),
      { seed: 4, numRuns: 5_000 },
    );
  });

  test("lets through what it has let through", () => {
    const label = fc.stringMatching(/^[a-z0-9]{1,8}$/);
    const path = fc.stringMatching(/^(?:\/[A-Za-z0-9._~-]{0,6}){0,3}$/);
    fc.assert(
      fc.property(fc.array(label, { maxLength: 3 }), path, (labels, rest) => {
        const text = `https://${[...labels, "x.ai"].join(".")}${rest}`;
        const url = pinnedUrl(text, domains);
        expect(url?.href).toBe(new URL(text).href);
        expect(pinnedUrl(url?.href ?? "", domains)?.href).toBe(url?.href ?? "none");
      }),
      { seed: 4 },
    );
  });
});

test("requirePinned() says what it refused, on one line and without what moves a terminal", async () => {
  const text = `https://evil.example/\u001b[2J\u0085\n${"x".repeat(500)}`;
  const error = await thrown(() => requirePinned(text, domains, "token endpoint"));
  expect(error.code).toBe("auth/sign_in_failed");
  expect(error.message).toMatch(/^[^\p{Cc}\p{Cf}]{20,220}$/u);
  expect(error.message).toContain("token endpoint");
  expect(error.message).toContain("evil.example");
});
