import { textOf, type ContentPart, type Item } from "../../core/item.ts";
import type { ToldSession } from "../whole_session.ts";
import { callShortfall } from "./call_shortfall.ts";
import { compactionLine } from "./compaction_line.ts";
import { costText } from "./cost_text.ts";
import type { Mask } from "./error.ts";
import { escapeHtml, markdownToHtml } from "./html_text.ts";
import { noResult, pairCalls, type PairedCalls } from "./paired_calls.ts";
import { oneLine, plainText } from "./plain.ts";
import { sessionStyle } from "./session_style.ts";
import { isoTime } from "./time.ts";
import { toolLine } from "./tool_line.ts";
import { workFailure, workLine } from "./work_line.ts";

/**
 * A session as one page that needs nothing else: no script, no address that is loaded, and a policy that allows none, for
 * what people, models and tools said is not to be trusted. Tools are folded; it can be read on a telephone, and printed.
 */
export async function renderHtml({ session, items }: ToldSession, mask: Mask): Promise<string> {
  const safe = (text: string): string => mask(plainText(text));
  const title = escapeHtml(oneLine(safe(session.title ?? (session.preview || session.id))));
  const calls = pairCalls(items.map(({ item }) => item));
  const blocks = items.map(({ item, at }) => renderItem(item, { calls, safe, at }));
  const facts: readonly (readonly [string, string])[] = [
    ["Session", session.id],
    ["Model", `${session.model} (${session.provider})`],
    ["Directory", session.cwd],
    ["Started", isoTime(session.startedAt)],
    ["Messages", String(session.messageCount)],
    ...(session.calls.count === 0 ? [] : [["Cost", costText(session)] as const]),
  ];
  const rows = facts.map(
    ([name, value]) => `<dt>${name}</dt><dd>${escapeHtml(oneLine(safe(value)))}</dd>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${await policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="hermes">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${sessionStyle}</style>
</head>
<body>
<header><h1 dir="auto">${title}</h1><dl>${rows.join("")}</dl></header>
<main>
${blocks.filter((block) => block !== "").join("\n")}
</main>
</body>
</html>
`;
}

/** Nothing is loaded and nothing runs: only the page's own style, by its hash (CSP Level 3, 6.7.3.3). */
async function policy(): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(sessionStyle));
  const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return `default-src 'none'; img-src data:; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
}

interface ItemScope {
  readonly calls: PairedCalls;
  readonly safe: Mask;
  /** ms since epoch. */
  readonly at: number;
}

function renderItem(item: Item, { calls, safe, at }: ItemScope): string {
  switch (item.type) {
    case "user-message": {
      if (item.synthetic) return "";
      const text = safe(textOf(item)).trim();
      const said = text === "" ? "" : `<p class="said" dir="auto">${escapeHtml(text)}</p>`;
      const images = item.parts.map((part) => renderImage(part, safe)).join("");
      return message({ who: "You", kind: "user", at }, said + images);
    }
    case "assistant-message": {
      const text = safe(item.text).trim();
      return text === "" ? "" : message({ who: "hermes", kind: "model", at }, markdownToHtml(text));
    }
    case "tool-result": {
      const call = calls.callOf(item);
      return folded(call === undefined ? "tool" : oneLine(safe(toolLine(call))), {
        failure: item.isError ? "failed" : callShortfall(item),
        parts: [call === undefined ? "" : safe(call.arguments), safe(item.output)],
      });
    }
    case "command":
      return folded(oneLine(safe(workLine(item))), {
        failure: workFailure(item),
        parts: [safe(item.command), safe(item.output)],
      });
    case "file-change":
      return folded(oneLine(safe(workLine(item))), {
        failure: workFailure(item),
        parts: item.changes.map(({ kind, path, diff = "" }) => safe(`${kind} ${path}\n${diff}`)),
      });
    case "compaction":
      return `<p class="cut">${escapeHtml(compactionLine(item))}</p>`;
    case "tool-call":
      // It is shown with its result, where it has one.
      return calls.hasResult(item)
        ? ""
        : folded(oneLine(safe(toolLine(item))), {
            failure: noResult,
            parts: [safe(item.arguments)],
          });
    // It is for the model.
    case "reasoning":
      return "";
    default:
      return item satisfies never;
  }
}

function message(
  { who, kind, at }: { readonly who: string; readonly kind: string; readonly at: number },
  body: string,
): string {
  const time = isoTime(at);
  const shown = `${time.slice(0, 10)} ${time.slice(11, 16)} UTC`;
  return `<article class="${kind}"><h2>${who} <time datetime="${time}">${shown}</time></h2>${body}</article>`;
}

function folded(
  line: string,
  { failure, parts }: { readonly failure: string | undefined; readonly parts: readonly string[] },
): string {
  const mark = failure === undefined ? "✓" : "✗";
  const why = failure === undefined ? "" : `: ${escapeHtml(oneLine(failure))}`;
  const shown = parts
    .filter((part) => part.trim() !== "")
    .map((part) => `<pre>${escapeHtml(part.trimEnd())}</pre>`);
  return `<details${failure === undefined ? "" : ' class="failed"'}><summary><span aria-hidden="true">${mark}</span> ${escapeHtml(line)}${why}</summary>${shown.join("")}</details>`;
}

/** What every browser draws and none of which can hold a script; an SVG can. */
const shownTypes: ReadonlySet<string> = new Set([
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
]);

function renderImage(part: ContentPart, safe: Mask): string {
  if (part.type !== "image") return "";
  const name = escapeHtml(oneLine(safe(part.name ?? part.mediaType)));
  const isShown = shownTypes.has(part.mediaType) && /^[A-Za-z0-9+/]+={0,2}$/.test(part.data);
  return isShown
    ? `<img alt="${name}" src="data:${part.mediaType};base64,${part.data}">`
    : `<p>[image ${name}]</p>`;
}
