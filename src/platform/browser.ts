import { spawn } from "node:child_process";
import type { Browser, Env } from "../core/ports.ts";

/** Browsers that draw on a terminal, which the sign-in pages are not made for. */
const textBrowsers = /^(?:w3m|lynx|links2?|elinks|www-browser|browsh)$/;

/** How an address is opened on each system. */
const openers: Readonly<Record<string, readonly string[]>> = {
  linux: ["xdg-open"],
  darwin: ["open"],
};

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
  const opener = async (): Promise<string | undefined> => {
    const named = env["BROWSER"]?.split(":")[0]?.trim() ?? "";
    if (textBrowsers.test(named.slice(named.lastIndexOf("/") + 1))) return undefined;
    const isScreen = operatingSystem !== "linux" || hasDisplay(env) || named !== "";
    if (!isScreen) return undefined;
    for (const program of [...(named === "" ? [] : [named]), ...(openers[operatingSystem] ?? [])]) {
      const path = await find(program);
      if (path !== undefined) return path;
    }
    return undefined;
  };
  return {
    isLikely: async () => (await opener()) !== undefined,
    async open(address) {
      const url = URL.parse(address);
      if (url?.protocol !== "https:") return false;
      const program = await opener();
      return program !== undefined && (await start(program, url.href));
    },
  };
}

function hasDisplay(env: Env): boolean {
  return (env["DISPLAY"] ?? "") !== "" || (env["WAYLAND_DISPLAY"] ?? "") !== "";
}

/** Apart from this process and its terminal; the address is one argument, and no shell reads it. */
function start(program: string, url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, [url], { detached: true, stdio: "ignore" });
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
}
