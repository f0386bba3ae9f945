import { expect, test } from "bun:test";
import { isLeakedCall } from "../../../src/transports/responses/leak_guard.ts";

test.each([
  'to=functions.exec_command {"cmd":"ls"}',
  'assistant to=functions.shell json\n{"command":["ls"]}',
  '+#+#+# assistant to=functions.read_file {"path":"a"}',
  'I will look.\n\nassistant to=functions.read_file  天天 \n{"path":"a"}',
  "<|channel|>commentary to=functions.patch {}",
  'x>to=functions.patch { "a": 1 }',
  "  to=functions.exec_command",
  "TO=FUNCTIONS.Exec commentary",
])("isLeakedCall() finds a call that was written as text: %j", (text) => {
  expect(isLeakedCall(text)).toBe(true);
});

test.each([
  "Use to=functions.foo in docs",
  "The notation `to=functions.foo {}` is internal",
  "pto=functions.foo {}",
  "Set auto=functions.foo",
  "to=functions. foo {}",
  "to=functions.",
  "Write to=functions.foo and then, in another sentence that goes on for a good while, give it {}",
  "It sends to=functions.foo {name} to the machine",
  "",
])("isLeakedCall() lets sentences pass: %j", (text) => {
  expect(isLeakedCall(text)).toBe(false);
});

test("isLeakedCall() comes to an end with long texts", () => {
  expect(isLeakedCall(`x${"to=functions.".repeat(20_000)}`)).toBe(false);
  expect(isLeakedCall(`x${" to=functions.a".repeat(20_000)}`)).toBe(false);
  expect(isLeakedCall(`x to=functions.${"a".repeat(200_000)}`)).toBe(false);
  expect(isLeakedCall(" \t".repeat(200_000))).toBe(false);
});
