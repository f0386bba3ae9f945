import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  crontabLine,
  withLine,
  withoutLine,
} from "../../../../src/cli/commands/cron/crontab_line.ts";

const facts = { program: "/usr/local/bin/hermes", home: "/home/anna/.hermes" };
const line =
  "* * * * * HERMES_HOME=/home/anna/.hermes /usr/local/bin/hermes cron tick --until-idle # hermes cron /home/anna/.hermes";

test("crontabLine() quotes for the shell, and escapes what cron takes for stdin", () => {
  expect(crontabLine(facts)).toBe(line);
  expect(crontabLine({ program: "/opt/my apps/it's/hermes", home: "/h/100%" })).toBe(
    String.raw`* * * * * HERMES_HOME=/h/100\% '/opt/my apps/it'\''s/hermes' cron tick --until-idle # hermes cron /h/100\%`,
  );
});

describe("withLine()", () => {
  test.each([
    ["", `${line}\n`],
    ["1 2 3 4 5 x\n", `1 2 3 4 5 x\n${line}\n`],
    ["1 2 3 4 5 x", `1 2 3 4 5 x\n${line}\n`],
    // A place of its own that somebody gave it, and another program of before.
    [
      `A=b\n*/5 * * * * /old/hermes cron tick # hermes cron ${facts.home}\n# end\n`,
      `A=b\n${line}\n# end\n`,
    ],
    // Of another home.
    [
      `* * * * * x # hermes cron /home/anna/.hermes2\n`,
      `* * * * * x # hermes cron /home/anna/.hermes2\n${line}\n`,
    ],
  ])("%j", (before, after) => {
    expect(withLine(before, facts)).toBe(after);
    expect(withLine(after, facts)).toBe(after);
  });
});

test("withoutLine() gives back every other byte", () => {
  const crontab = fc
    .array(fc.stringMatching(/^[ -~]{0,20}$/))
    .map((lines) => lines.map((text) => `${text}\n`).join(""));
  fc.assert(
    fc.property(crontab, (before) => {
      expect(withoutLine(withLine(before, facts), facts)).toBe(before);
    }),
    { seed: 7 },
  );
});
