import { expect, test } from "bun:test";
import fc from "fast-check";
import { portableFor } from "../../../src/transports/replay/portable.ts";

test("abstract() replaces the directory itself and paths below it, no longer names", () => {
  const portable = portableFor("/home/ada");
  expect(portable.abstract("/home/ada /home/ada/x /home/ada. /home/adamant /home/ada-2")).toBe(
    "{{hermes.cwd}} {{hermes.cwd}}/x {{hermes.cwd}}. /home/adamant /home/ada-2",
  );
});

test("abstract() knows the directory as JSON text escapes it, and leaves the root alone", () => {
  const cwd = '/home/a "b" \\c';
  expect(portableFor(cwd).abstract(JSON.stringify({ cwd }))).toBe('{"cwd":"{{hermes.cwd}}"}');
  expect(portableFor("/").abstract("/etc/passwd")).toBe("/etc/passwd");
});

test("a text made abstract in one directory is concrete in another", () => {
  const from = portableFor("/home/ada");
  const to = portableFor('/srv/"x" $&');
  expect(to.concrete(from.abstract("ls /home/ada/y"))).toBe('ls /srv/"x" $&/y');
  expect(to.concreteJson(from.abstract('{"path":"/home/ada/y"}'))).toBe(
    '{"path":"/srv/\\"x\\" $&/y"}',
  );
});

test("concrete() undoes abstract()", () => {
  const name = fc.stringMatching(/^[\w .$&()+-]{1,8}$/);
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => `/${names.join("/")}`);
  fc.assert(
    fc.property(path, fc.array(fc.oneof(fc.string(), path)), (cwd, parts) => {
      const text = [cwd, ...parts, cwd].join(" ");
      const portable = portableFor(cwd);
      expect(portable.concrete(portable.abstract(text))).toBe(text);
    }),
    { seed: 9, numRuns: 500 },
  );
});
