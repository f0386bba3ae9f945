import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type BrowserContext, chromium } from "playwright-core";
import type { TlsProxy } from "../../fakes/tls_proxy.ts";

/** Debian's name, and what others call it. */
const names = ["chromium", "chromium-browser"];

/** The program, or undefined where none is installed. */
export function findChromium(): string | undefined {
  const directories = (process.env["PATH"] ?? "").split(delimiter);
  const paths = names.flatMap((name) => directories.map((directory) => join(directory, name)));
  return paths.find(isExecutable);
}

export interface BrowserOptions {
  /** Of `findChromium`. */
  readonly program: string;
  /** Stands for the hosts of the real world; it trusts whatever certificate they have. */
  readonly proxy: Pick<TlsProxy, "url">;
  readonly colorScheme?: "light" | "dark";
}

/** The page that a browser ends on. */
export interface Landing {
  readonly url: string;
  readonly title: string;
  /** What a person reads. */
  readonly text: string;
  /** PNG. */
  readonly screenshot: Uint8Array;
  /** What the browser complains about: blocked resources, scripts that fail. */
  readonly problems: readonly string[];
}

/** A headless browser with nothing remembered. Closes with `await using`. */
export interface Browser extends AsyncDisposable {
  /** Opens an authorize address of xAI and signs in, or says no; ends on the page at the loopback address. */
  answer(address: string, email: string, decision?: "allow" | "deny"): Promise<Landing>;
}

/** Starts the browser with the identity providers of a proxy. */
export async function openBrowser(options: BrowserOptions): Promise<Browser> {
  const { program, proxy, colorScheme = "light" } = options;
  const browser = await chromium.launch({
    executablePath: program,
    // Its sandbox cannot be made by root, and not in every container.
    args: ["--no-sandbox"],
    proxy: { server: proxy.url, bypass: "127.0.0.1" },
  });
  const context = await browser.newContext({ ignoreHTTPSErrors: true, colorScheme });
  return {
    answer: (address, email, decision = "allow") => answer(context, { address, email, decision }),
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

interface Answer {
  readonly address: string;
  readonly email: string;
  readonly decision: "allow" | "deny";
}

async function answer(context: BrowserContext, wanted: Answer): Promise<Landing> {
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("console", (message) => {
    const isProblem = message.type() === "error" || message.type() === "warning";
    // Browsers ask for an icon by themselves, whether the page has one or not.
    const isIcon = message.location().url.endsWith("/favicon.ico");
    if (isProblem && !isIcon) problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(error.message));
  await page.goto(wanted.address);
  await page.fill("input[name=email]", wanted.email);
  await page.click(`button[value=${wanted.decision}]`);
  await page.waitForURL(/^http:\/\/127\.0\.0\.1:/);
  const landing = {
    url: page.url(),
    title: await page.title(),
    text: await page.innerText("body"),
    screenshot: await page.screenshot(),
    problems,
  };
  await page.close();
  return landing;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
