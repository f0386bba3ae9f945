import type { LoopbackReply } from "../core/ports.ts";

/** What the browser's last page can say. */
export type PageKind = "received" | "denied" | "unknown";

const texts: Readonly<Record<PageKind, { readonly title: string; readonly text: string }>> = {
  received: {
    title: "Welcome back to hermes",
    text: "Your sign-in has arrived, the terminal finishes it. This window can be closed.",
  },
  denied: {
    title: "The sign-in was not allowed",
    text: "Nothing has changed. This window can be closed; the terminal says what to do.",
  },
  unknown: {
    title: "This is not the sign-in that is waited for",
    text: "The terminal is still waiting. Open the address that it shows, or run the command again there.",
  },
};

const statuses: Readonly<Record<PageKind, number>> = { received: 200, denied: 200, unknown: 400 };

const style = `
:root { color-scheme: light dark; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center;
  font: 1.05rem/1.5 system-ui, sans-serif; background: #f6f5f2; color: #1c1b19; }
main { max-width: 28rem; margin: 1.5rem; padding: 2rem 2.25rem; border-radius: 14px;
  background: #fff; border: 1px solid #e2dfd8; }
h1 { margin: 0 0 .5rem; font-size: 1.35rem; line-height: 1.25; }
p { margin: 0; }
.mark { width: 2.25rem; height: .3rem; border-radius: .15rem; margin-bottom: 1.25rem; background: #2f7d4f; }
.denied .mark, .unknown .mark { background: #b4552d; }
@media (prefers-color-scheme: dark) {
  body { background: #171614; color: #ece9e3; }
  main { background: #22201d; border-color: #38352f; }
}
`;

/** The page, whole in itself: it loads nothing, runs nothing and shows nothing of what was asked. */
export async function createPages(): Promise<(kind: PageKind) => LoopbackReply> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));
  const hash = btoa(String.fromCodePoint(...new Uint8Array(digest)));
  const headers = {
    ...plainHeaders,
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  };
  return (kind) => ({ status: statuses[kind], headers, body: html(kind) });
}

/** For everything that is answered: nothing is kept, and the address goes nowhere. */
export const plainHeaders: Readonly<Record<string, string>> = {
  "Cache-Control": "no-store",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};

function html(kind: PageKind): string {
  const { title, text } = texts[kind];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · hermes</title>
<style>${style}</style>
</head>
<body>
<main class="${kind}">
<div class="mark"></div>
<h1>${title}</h1>
<p>${text}</p>
</main>
</body>
</html>
`;
}
