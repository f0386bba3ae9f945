import type { Browser, Env } from "../core/ports.ts";

/** Browsers that draw on a terminal, which the sign-in pages are not made for. */
const textBrowsers = /^(?:w3m|lynx|links2?|elinks|www-browser|browsh)$/;

/** How an address is opened on each system. */
const openers: Readonly<Record<string, readonly string[]>> = {
  linux: ["xdg-open"],
  darwin: ["open"],
};

/** What starts a browser: a program and its arguments, among which `%s` stands for the address. */
interface Opener {
  readonly program: string;
  readonly arguments: readonly string[];
}

/** The browser of the person at this machine. */
export function createBrowser(
  env: Env,
  {
    operatingSystem,
    find,
  }: {
    readonly operatingSystem: string;
    readonly find: (program: string) => Promise<string | undefined>;
  },
): Browser {
  const opener = async (): Promise<Opener | undefined> => {
    const named = namedBrowser(env);
    // `xdg-open` would ask this variable again.
    if (named && textBrowsers.test(named.program.replace(/^.*\//, ""))) return undefined;
    if (operatingSystem === "linux" && !named && !hasDisplay(env)) return undefined;
    const usual = (openers[operatingSystem] ?? []).map((program) => ({ program, arguments: [] }));
    for (const one of [...(named ? [named] : []), ...usual]) {
      const program = await find(one.program);
      if (program !== undefined) return { ...one, program };
    }
    return undefined;
  };
  return {
    isLikely: async () => (await opener()) !== undefined,
    async open(address) {
      const url = URL.parse(address);
      if (url?.protocol !== "https:") return false;
      const found = await opener();
      return found !== undefined && (await start(found, url.href, env));
    },
  };
}

/** The first of `$BROWSER`, which is a list of commands with colons between them; no shell reads it. */
function namedBrowser(env: Env): Opener | undefined {
  const [first = ""] = (env["BROWSER"] ?? "").split(":");
  const [program = "", ...args] = first.trim().split(/\s+/);
  return program === "" ? undefined : { program, arguments: args };
}

function hasDisplay(env: Env): boolean {
  return (env["DISPLAY"] ?? "") !== "" || (env["WAYLAND_DISPLAY"] ?? "") !== "";
}

/** Apart from this process and its terminal. The address is one argument, which cannot be taken for an option. */
async function start(opener: Opener, url: string, env: Env): Promise<boolean> {
  // A run that opens nothing saves the time.
  const { spawn } = await import("node:child_process");
  const hasPlace = opener.arguments.some((argument) => argument.includes("%s"));
  const args = hasPlace
    ? opener.arguments.map((argument) => argument.replaceAll("%s", () => url))
    : [...opener.arguments, url];
  // Both variables make a program that was built with Bun run something else than its own code.
  const { BUN_OPTIONS: _options, BUN_BE_BUN: _beBun, ...rest } = env;
  return await new Promise((resolve) => {
    const child = spawn(opener.program, args, {
      cwd: "/",
      detached: true,
      env: rest,
      stdio: "ignore",
    });
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
}
