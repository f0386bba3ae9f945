import { expect, test } from "bun:test";
import { checkedSource } from "../../src/app/checked_source.ts";
import { defaults } from "../../src/config/defaults.ts";
import { resolveEndpoint } from "../../src/config/resolve_endpoint.ts";
import type { Credential, CredentialSource } from "../../src/core/credential.ts";
import { thrown } from "../fakes/thrown.ts";

const resolved = resolveEndpoint({ config: defaults, flags: { provider: "xai-oauth" }, env: {} });
const bob: Credential = { id: "xai-oauth:b", token: "t", origin: "login bob" };

/** A source that gives these one after the other, the last one again and again. */
function sourceOf(...credentials: readonly (Credential | undefined)[]): CredentialSource {
  const left = [...credentials];
  return { get: () => Promise.resolve(left.length > 1 ? left.shift() : left[0]) };
}

test("what was told to who only looked is told once more, with the first that is sent", async () => {
  const notice = "ada could not be renewed: going on as bob";
  const source = await checkedSource(sourceOf({ ...bob, notice }, bob), resolved);
  expect([await source.get("xai-oauth"), await source.get("xai-oauth")]).toEqual([
    { ...bob, notice },
    bob,
  ]);
});

test("a later notice counts, and where there is nothing to tell nothing is told", async () => {
  const notices = ["one", "two"].map((notice) => ({ ...bob, notice }));
  const moved = await checkedSource(sourceOf(...notices, bob), resolved);
  expect([await moved.get("xai-oauth"), await moved.get("xai-oauth")]).toEqual([
    { ...bob, notice: "two" },
    bob,
  ]);
  const plain = await checkedSource(sourceOf(bob), resolved);
  expect(await plain.get("xai-oauth")).toEqual(bob);
});

test("without a credential there is nothing to begin with", async () => {
  expect(await thrown(() => checkedSource(sourceOf(undefined), resolved))).toMatchObject({
    code: "auth/missing",
    hint: expect.stringContaining("hermes auth add xai-oauth"),
  });
});
