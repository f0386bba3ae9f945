import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { createPages } from "../../src/auth/loopback_page.ts";

const kinds = ["received", "denied", "unknown"] as const;

test.each(kinds)(
  "the page %j is whole in itself, and may do nothing but be styled",
  async (kind) => {
    const page = (await createPages())(kind);
    const [, style = ""] = /<style>([^]*?)<\/style>/.exec(page.body) ?? [];
    const hash = createHash("sha256").update(style).digest("base64");
    expect([page.status, page.headers]).toEqual([
      kind === "unknown" ? 400 : 200,
      {
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      },
    ]);
    expect(page.body).not.toMatch(
      /<script|<img|<iframe|<form|style=|\son\w+=|href=|src=|url\(|@import/i,
    );
    expect(page.body).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(style).toContain("prefers-color-scheme: dark");
    expect(new TextEncoder().encode(page.body).length).toBeLessThan(3_000);
  },
);

test("each page says something else", async () => {
  const page = await createPages();
  const titles = kinds.map((kind) => /<h1>(.*)<\/h1>/.exec(page(kind).body)?.[1]);
  expect(new Set(titles).size).toBe(3);
});
