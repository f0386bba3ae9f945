import { describe, expect, test } from "bun:test";
import { createRedactor } from "../../src/core/redact.ts";
import { StderrRing } from "../../src/wire/stderr_ring.ts";

const plain = (text: string): string => text;

describe("StderrRing", () => {
  test("shows the last twelve lines, without colours and blank lines", () => {
    const ring = new StderrRing();
    for (let line = 1; line <= 600; line++) ring.push(`\x1b[31mline\x1b[0m ${line}\n\n`);
    ring.push("half a li");
    ring.push("ne");
    const numbers = Array.from({ length: 11 }, (_, index) => `line ${index + 590}`);
    expect(ring.tail(plain)).toBe([...numbers, "half a line"].join("\n"));
  });

  test("shows only what came since a mark", () => {
    const ring = new StderrRing();
    ring.push("old: unauthorized\n");
    const { mark } = ring;
    expect(ring.tail(plain, mark)).toBe("");
    ring.push("new\n");
    expect(ring.tail(plain, mark)).toBe("new");
  });

  test("knows a mark whose lines are gone", () => {
    const ring = new StderrRing();
    ring.push("first\n");
    const { mark } = ring;
    for (let line = 1; line <= 5_000; line++) ring.push(`line ${line}\n`);
    expect(ring.tail(plain, mark).split("\n").at(-1)).toBe("line 5000");
    expect(ring.tail(plain, ring.mark)).toBe("");
  });

  test("masks a key whose first line is no longer shown", () => {
    const ring = new StderrRing();
    const body = Array.from({ length: 20 }, () => "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw").join(
      "\n",
    );
    ring.push(`-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\nafter\n`);
    const redactor = createRedactor();
    const shown = ring.tail((text) => redactor.boundary(text));
    expect([shown.includes("MIIEvQ"), shown.endsWith("after")]).toEqual([false, true]);
  });

  test("keeps a bounded part of a line without end", () => {
    const ring = new StderrRing();
    for (let piece = 0; piece < 1_000; piece++) ring.push(`"${"x".repeat(997)}",`);
    const shown = ring.tail(plain);
    expect([shown.length, shown.slice(-10)]).toEqual([4_006, 'xx", [...]']);
  });

  test.each([4_090, 4_080, 4_064, 65_530])("cuts no secret at %d in half", (at) => {
    const secret = "s3cr3t-0123456789abcdefghijklmno";
    const ring = new StderrRing();
    const line = `${"word ".repeat(20_000).slice(0, at)} ${secret} and more\n`;
    for (let from = 0; from < line.length; from += 1_000) ring.push(line.slice(from, from + 1_000));
    const shown = ring.tail((text) => text.replaceAll(secret, "***"));
    expect(shown).not.toContain("s3cr3t");
  });
});
