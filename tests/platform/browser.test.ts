import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Env } from "../../src/core/ports.ts";
import { createBrowser } from "../../src/platform/browser.ts";
import { createSpawner } from "../../src/platform/spawner.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hermes-browser-"));
});
afterAll(() => rm(directory, { recursive: true }));

const address = "https://accounts.x.ai/authorize?a=1&b=$(touch%20x)&c=`id`;d='e'&f=%s";

/** A browser in an environment where these programs are. */
function browserIn(env: Env, programs: readonly string[], operatingSystem = "linux") {
  return createBrowser(env, {
    operatingSystem,
    find: async (program) => (programs.includes(program) ? `/usr/bin/${program}` : undefined),
  });
}

describe("isLikely()", () => {
  const screen = { DISPLAY: ":0" };
  const wayland = { WAYLAND_DISPLAY: "wayland-0" };
  const none = { DISPLAY: "", WAYLAND_DISPLAY: "" };
  const both = ["xdg-open", "open"];
  const textBrowsers = ["w3m", "lynx", "links", "links2", "elinks", "www-browser", "browsh"];

  test.each([
    [true, "a display", browserIn(screen, both)],
    [true, "a Wayland display", browserIn(wayland, both)],
    [false, "no display", browserIn({}, both)],
    [false, "an empty display", browserIn(none, both)],
    [false, "a display and nothing to open with", browserIn(screen, [])],
    [true, "a browser of the person's", browserIn({ BROWSER: "firefox" }, ["firefox"])],
    [true, "one with arguments", browserIn({ BROWSER: "firefox -n %s" }, ["firefox"])],
    [true, "one of several", browserIn({ BROWSER: "firefox:chromium" }, ["firefox"])],
    [true, "one that is not there", browserIn({ ...screen, BROWSER: "none" }, both)],
    [false, "one that is not there, and no other", browserIn({ BROWSER: "none" }, [])],
    [false, "an empty one", browserIn({ BROWSER: " " }, both)],
    [true, "macOS", browserIn({}, both, "darwin")],
    [false, "another system", browserIn(screen, both, "plan9")],
    ...textBrowsers.flatMap(
      (name) =>
        [
          [false, name, browserIn({ ...screen, BROWSER: name }, [name, ...both])],
          [false, `${name} by its path`, browserIn({ BROWSER: `/usr/bin/${name} %s` }, both)],
        ] as const,
    ),
  ] as const)("is %p with %s", async (isLikely, _name, browser) => {
    expect(await browser.isLikely()).toBe(isLikely);
  });
});

/** A program that writes down how it was started. */
async function recorder(name: string): Promise<{ readonly path: string; told(): Promise<string> }> {
  const path = join(directory, name);
  const out = `${path}.out`;
  // Renamed when it is whole, so that nobody reads half of it.
  const script = `#!/bin/sh
{ printf '%s\\n' "$#" "$@"; ls -l /proc/self/fd | sed -n 's/.* \\([0-2]\\) -> /\\1 /p'; } > '${out}.new'
mv '${out}.new' '${out}'
`;
  await writeFile(path, script);
  await chmod(path, 0o755);
  return {
    path,
    async told() {
      for (;;) {
        const text = await readFile(out, "utf8").catch(() => undefined);
        if (text !== undefined) return text;
        await new Promise((resolve) => {
          setTimeout(resolve, 5);
        });
      }
    },
  };
}

describe("open()", () => {
  test("gives the address as one argument, whatever is in it, and none of our streams", async () => {
    const program = await recorder("plain");
    const env = { BROWSER: program.path, PATH: process.env["PATH"] };
    const browser = createBrowser(env, {
      operatingSystem: "linux",
      find: (name) => createSpawner(env).find(name),
    });
    expect(await browser.open(address)).toBe(true);
    const [count, argument, ...streams] = (await program.told()).trim().split("\n");
    expect([count, argument]).toEqual(["1", new URL(address).href]);
    expect(streams.filter((line) => /^[02] /.test(line))).toEqual(["0 /dev/null", "2 /dev/null"]);
  });

  test("puts it where the person's command has a place for it", async () => {
    const program = await recorder("placed");
    const env = { BROWSER: `${program.path} --url=%s -x:other`, PATH: process.env["PATH"] };
    const browser = createBrowser(env, {
      operatingSystem: "linux",
      find: (name) => createSpawner(env).find(name),
    });
    expect(await browser.open("https://x.ai/?a=$&b=%s")).toBe(true);
    const lines = (await program.told()).split("\n");
    expect(lines.slice(0, 3)).toEqual(["2", "--url=https://x.ai/?a=$&b=%s", "-x"]);
  });

  test.each([
    "http://x.ai/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "--help",
    "x.ai",
    "",
    "HTTP://x.ai",
    "ssh://x.ai",
  ])("opens nothing for %j", async (text) => {
    const program = await recorder("never");
    const env = { BROWSER: program.path };
    const browser = createBrowser(env, {
      operatingSystem: "linux",
      find: (name) => createSpawner(env).find(name),
    });
    expect(await browser.open(text)).toBe(false);
  });

  test("is false where the program cannot be started", async () => {
    const path = join(directory, "broken");
    await writeFile(path, "#!/nowhere/at/all\n", { mode: 0o755 });
    const browser = createBrowser(
      { BROWSER: path },
      { operatingSystem: "linux", find: async () => path },
    );
    expect(await browser.open(address)).toBe(false);
  });

  test("is false where there is no browser", async () => {
    expect(await browserIn({}, []).open(address)).toBe(false);
  });
});
