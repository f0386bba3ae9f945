import { expect, test } from "bun:test";
import { styleFor } from "../../../src/cli/render/style.ts";

test.each([
  [{}, true, "\x1b[2mx\x1b[22m"],
  [{ NO_COLOR: "" }, true, "\x1b[2mx\x1b[22m"],
  [{ NO_COLOR: "1" }, true, "x"],
  [{ TERM: "dumb" }, true, "x"],
  [{}, false, "x"],
])("styleFor(%j) on a terminal: %j", (env, isTty, expected) => {
  expect(styleFor(env, { isTty }).dim("x")).toBe(expected);
});
