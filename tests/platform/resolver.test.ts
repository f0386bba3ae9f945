import { expect, test } from "bun:test";
import { machineResolver } from "../../src/platform/resolver.ts";

test("addressesOf() gives addresses back, and resolves this machine's own name", async () => {
  expect([
    await machineResolver.addressesOf("10.1.2.3"),
    await machineResolver.addressesOf("::1"),
    (await machineResolver.addressesOf("localhost")).every((address) =>
      ["127.0.0.1", "::1"].includes(address),
    ),
  ]).toEqual([["10.1.2.3"], ["::1"], true]);
});
