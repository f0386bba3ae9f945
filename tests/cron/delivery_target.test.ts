import { expect, test } from "bun:test";
import type { DeliveryTarget } from "../../src/core/cron.ts";
import { parseTarget, targetText, targetWarnings } from "../../src/cron/delivery_target.ts";
import { thrown } from "../fakes/thrown.ts";

const context = { cwd: "/work", homeDirectory: "/home/anna" };

test.each<readonly [string, DeliveryTarget]>([
  ["local", { kind: "local" }],
  ["file:/a/b.md", { kind: "file", path: "/a/b.md" }],
  ["file:../b.md", { kind: "file", path: "/b.md" }],
  ["file:~/b.md", { kind: "file", path: "/home/anna/b.md" }],
  ["command: mail -s 'a: b' me ", { kind: "command", command: "mail -s 'a: b' me" }],
  ["webhook:https://example.com/x?y=1", { kind: "webhook", url: "https://example.com/x?y=1" }],
])("parseTarget(%p)", (text, target) => {
  expect(parseTarget(text, context)).toEqual(target);
  expect(parseTarget(targetText(target), context)).toEqual(target);
});

test.each([
  ["", "This is no place to deliver to: "],
  ["slack:#x", "This is no place to deliver to: slack:#x"],
  ["file:", "A file is missing: file:"],
  ["file:a/", "A file is missing: file:a/"],
  ["command:  ", "A command is missing: command:"],
  [
    "webhook:https://anna:geheim@example.com/x",
    "A webhook has no user and no password: webhook:https://example.com/x",
  ],
  ["webhook:example.com", "A webhook is an http or https address: webhook:example.com"],
  [
    "webhook:file:///etc/passwd",
    "A webhook is an http or https address: webhook:file:///etc/passwd",
  ],
])("parseTarget(%p) is refused", async (text, message) => {
  const error = await thrown(() => parseTarget(text, context));
  expect([error.code, error.message]).toEqual(["usage/invalid", message]);
});

const isPrivate =
  "which is on this machine or in a private network: hermes config set security.allow_private_urls true allows it";
const isPlain = "http is for this machine alone, elsewhere it takes https";

test.each([
  ["file:x", false, []],
  ["webhook:https://example.com/x", false, []],
  ["webhook:https://8.8.8.8/x", false, []],
  [
    "webhook:http://example.com/x",
    true,
    [`Nothing can be delivered to example.com unless that is a name of this machine: ${isPlain}`],
  ],
  [
    "webhook:http://10.0.0.5:8123/x",
    true,
    [`Nothing can be delivered to 10.0.0.5:8123: ${isPlain}`],
  ],
  ["webhook:https://10.0.0.5/x", false, [`Nothing can be delivered to 10.0.0.5, ${isPrivate}`]],
  ["webhook:https://10.0.0.5/x", true, []],
  [
    "webhook:http://localhost:9/x",
    false,
    [`Nothing can be delivered to localhost:9, ${isPrivate}`],
  ],
  ["webhook:http://[::1]:9/x", false, [`Nothing can be delivered to [::1]:9, ${isPrivate}`]],
  ["webhook:http://127.0.0.1:9/x", true, []],
] as const)("targetWarnings() of %s, private ones allowed: %p", (text, mayBePrivate, warnings) => {
  expect(targetWarnings([parseTarget(text, context)], { mayBePrivate })).toEqual([...warnings]);
});
