import { afterEach, beforeEach, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium, type Browser } from "playwright-core";
import type { Item } from "../../../src/core/item.ts";
import { noUsage } from "../../../src/core/event.ts";
import { findChromium } from "../auth/browser.ts";
import { createSandbox, type Sandbox } from "../sandbox.ts";
import { openStore } from "./stored.ts";

const program = findChromium();
if (program === undefined) console.error("No chromium is installed: no exported page is looked at");

/** What a page must show as text, and nothing else. */
const hostile = [
  "<script>document.title='stolen'</script>",
  "<img src=x onerror=\"document.title='stolen'\">",
  '<iframe src="https://evil.example/"></iframe>',
  '"><svg onload=alert(1)>',
  "</pre></details><style>body{display:none}</style>",
  "[click](javascript:document.title='stolen')",
  "![pixel](https://evil.example/pixel.png)",
  "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
  "<base href=https://evil.example/>",
  "&lt;b&gt; &#x3c;",
].join("\n");

const pixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const items: readonly Item[] = [
  {
    type: "user-message",
    id: "u1",
    parts: [
      { type: "text", text: hostile },
      {
        type: "image",
        mediaType: "image/png",
        data: pixel,
        name: '"><script>alert(1)</script>.png',
      },
      { type: "image", mediaType: "image/svg+xml", data: pixel, name: "vector" },
      { type: "image", mediaType: "image/png", data: '"><script>alert(1)</script>' },
    ],
  },
  {
    type: "tool-call",
    id: "c1",
    callId: "call_1",
    name: "terminal",
    arguments: JSON.stringify({ command: hostile }),
  },
  { type: "tool-result", id: "r1", callId: "call_1", output: hostile, isError: true },
  {
    type: "command",
    id: "w1",
    command: hostile,
    cwd: "/",
    exitCode: 1,
    output: hostile,
    status: "failed",
  },
  {
    type: "file-change",
    id: "f1",
    changes: [{ path: hostile, kind: "update", diff: hostile }],
    status: "completed",
  },
  {
    type: "assistant-message",
    id: "a1",
    text: `# A title\n\nSome **bold** text, \`code\` and ${"long".repeat(200)}\n\n\`\`\`html\n${hostile}\n\`\`\`\n\n${hostile}\n\n- ${hostile.replaceAll("\n", "\n- ")}`,
  },
];

let sandbox: Sandbox;
let page: string;
beforeEach(async () => {
  sandbox = await createSandbox();
  {
    await using store = openStore(sandbox);
    const sessionId = "20260101_120000_aaaaaa";
    await store.create({
      id: sessionId,
      source: "cli",
      provider: "<b>lab</b>",
      model: "<i>m1</i>",
      runtime: "loop",
      cwd: "/<u>w</u>",
      instructions: "",
      title: "</title><script>alert(1)</script>",
      startedAt: Date.UTC(2026, 0, 1, 12),
    });
    await store.startTurn({ turnId: "t1", sessionId, startedAt: 1 });
    for (const item of items) await store.append("t1", item, Date.UTC(2026, 0, 1, 12));
    await store.endTurn({
      turnId: "t1",
      outcome: { status: "completed", finalText: "" },
      usage: noUsage,
      endedAt: 2,
    });
  }
  page = join(sandbox.work, "talk.html");
  const { code } = await sandbox.run(["sessions", "export", "20260101", "-o", "talk.html"]);
  expect(code).toBe(0);
});
afterEach(() => sandbox[Symbol.asyncDispose]());

test("an exported page holds no script, and names nothing that would be loaded", async () => {
  const html = await readFile(page, "utf8");
  expect(html).toStartWith("<!doctype html>\n");
  expect(html).toMatch(/default-src 'none'; img-src data:; style-src 'sha256-[A-Za-z0-9+/]{43}='/);
  expect(html).not.toMatch(/<(?:script|iframe|object|embed|form|base|svg)\b/i);
  expect(html.match(/<img [^>]*>/g)).toHaveLength(1);
  expect(html.match(/ (?:src|srcset|action|formaction)="(?!data:image\/png;base64,)/g)).toBeNull();
});

interface Look {
  readonly problems: readonly string[];
  readonly requests: readonly string[];
  readonly title: string;
  readonly text: string;
  readonly background: string;
  readonly color: string;
  /** Whether something is wider than the screen. */
  readonly scrolls: boolean;
  readonly images: readonly number[];
  readonly openDetails: number;
}

/** What is looked at, in the page. */
const measurement = `(() => {
  const style = getComputedStyle(document.body);
  const root = document.documentElement;
  return {
    title: document.title,
    text: document.body.innerText,
    background: style.backgroundColor,
    color: style.color,
    scrolls: root.scrollWidth > root.clientWidth,
    images: [...document.images].map((image) => image.naturalWidth),
    openDetails: document.querySelectorAll("details[open]").length,
  };
})()`;

async function look(
  browser: Browser,
  options: {
    readonly colorScheme: "light" | "dark";
    readonly width: number;
    readonly media?: "print";
  },
): Promise<Look> {
  const context = await browser.newContext({
    colorScheme: options.colorScheme,
    viewport: { width: options.width, height: 800 },
  });
  const tab = await context.newPage();
  const problems: string[] = [];
  const requests: string[] = [];
  tab.on("console", (message) => problems.push(message.text()));
  tab.on("pageerror", (error) => problems.push(error.message));
  tab.on("dialog", (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  tab.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith("data:") && url !== pathToFileURL(page).href) requests.push(url);
  });
  if (options.media) await tab.emulateMedia({ media: options.media });
  await tab.goto(pathToFileURL(page).href);
  // Folded tools are opened by a person's own hand, without a script.
  for (const summary of await tab.locator("summary").all()) await summary.click();
  const seen = await tab.evaluate<Omit<Look, "problems" | "requests">>(measurement);
  await context.close();
  return { ...seen, problems, requests };
}

test.skipIf(program === undefined)(
  "an exported page in a browser: hostile text stays text, nothing is asked for, light and dark, wide and narrow",
  async () => {
    const browser = await chromium.launch({
      executablePath: program ?? "",
      // Its sandbox cannot be made by root, and not in every container.
      args: ["--no-sandbox"],
    });
    try {
      const light = await look(browser, { colorScheme: "light", width: 1_200 });
      const dark = await look(browser, { colorScheme: "dark", width: 360 });
      const print = await look(browser, { colorScheme: "dark", width: 800, media: "print" });
      for (const seen of [light, dark, print]) {
        expect({ ...seen, text: "", background: "", color: "" }).toEqual({
          problems: [],
          requests: [],
          title: "</title><script>alert(1)</script>",
          text: "",
          background: "",
          color: "",
          scrolls: false,
          images: [1],
          openDetails: 3,
        });
      }
      const times = (text: string): number => light.text.split(text).length - 1;
      // In the message, a call and its result, a command and its output, a path and its diff, and three times in the answer.
      expect(times("document.title='stolen'</script>")).toBeGreaterThanOrEqual(9);
      expect(times('<iframe src="https://evil.example/"></iframe>')).toBeGreaterThanOrEqual(9);
      expect(light.text).toContain("A title");
      expect([light.background, light.color]).toEqual(["rgb(255, 255, 255)", "rgb(27, 27, 31)"]);
      expect([dark.background, dark.color]).toEqual(["rgb(19, 19, 22)", "rgb(230, 230, 234)"]);
      expect([print.background, print.color]).toEqual(["rgb(255, 255, 255)", "rgb(0, 0, 0)"]);
    } finally {
      await browser.close();
    }
  },
  240_000,
);
