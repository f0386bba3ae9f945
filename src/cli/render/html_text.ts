/** Text as it stands in HTML, between tags and in quoted attributes (HTML, 13.3 "Serializing HTML fragments"). */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * Light Markdown as HTML: headings, lists, quotes, code, emphasis and links; everything else as it is written. Whatever the
 * text holds, only the tags that are written here come out, and no address but http, https and mailto.
 */
export function markdownToHtml(markdown: string): string {
  const lines = markdown.replace(/\r\n?/g, "\n").split("\n");
  const blocks: string[] = [];
  for (let at = 0; at < lines.length;) {
    const { html, length } = blockAt(lines, at);
    if (html !== "") blocks.push(html);
    at += length;
  }
  return blocks.join("\n");
}

interface Block {
  readonly html: string;
  /** Lines that it takes; one at least. */
  readonly length: number;
}

const fenceStart = /^\s{0,3}(`{3,}|~{3,})\s*([^`]*)$/;
const heading = /^(#{1,6})\s+(.*?)\s*#*$/;
const bullet = /^\s*[-*+]\s+(.*)$/;
const numbered = /^\s*\d{1,9}[.)]\s+(.*)$/;
const quote = /^\s{0,3}>\s?(.*)$/;
const tableRow = /^\s*\|.*\|\s*$/;

function blockAt(lines: readonly string[], at: number): Block {
  const line = lines[at] ?? "";
  if (line.trim() === "") return { html: "", length: 1 };
  const fence = fenceStart.exec(line);
  if (fence) return codeBlock(lines, at, { mark: fence[1] ?? "```", language: fence[2] ?? "" });
  const title = heading.exec(line);
  if (title) {
    // The page has its own first two levels.
    const level = Math.min(6, (title[1] ?? "").length + 2);
    return { html: `<h${level} dir="auto">${inline(title[2] ?? "")}</h${level}>`, length: 1 };
  }
  if (/^\s{0,3}([-*_])(?:\s*\1){2,}\s*$/.test(line)) return { html: "<hr>", length: 1 };
  if (bullet.test(line)) return list(lines, at, { tag: "ul", item: bullet });
  if (numbered.test(line)) return list(lines, at, { tag: "ol", item: numbered });
  if (quote.test(line)) {
    const quoted = run(lines, at, quote);
    const text = quoted.map((each) => quote.exec(each)?.[1] ?? "").join("\n");
    return { html: `<blockquote dir="auto">${inline(text)}</blockquote>`, length: quoted.length };
  }
  if (tableRow.test(line)) {
    const rows = run(lines, at, tableRow);
    return { html: `<pre>${escapeHtml(rows.join("\n"))}</pre>`, length: rows.length };
  }
  return paragraph(lines, at);
}

function codeBlock(
  lines: readonly string[],
  at: number,
  { mark, language }: { readonly mark: string; readonly language: string },
): Block {
  const rest = lines.slice(at + 1);
  const end = rest.findIndex(
    (line) => line.trim().startsWith(mark) && /^(?:`+|~+)$/.test(line.trim()),
  );
  const code = end < 0 ? rest : rest.slice(0, end);
  const label =
    language.trim() === "" ? "" : `<span class="lang">${escapeHtml(language.trim())}</span>`;
  return {
    html: `<pre>${label}<code>${escapeHtml(code.join("\n"))}</code></pre>`,
    length: code.length + (end < 0 ? 1 : 2),
  };
}

function list(
  lines: readonly string[],
  at: number,
  { tag, item }: { readonly tag: "ul" | "ol"; readonly item: RegExp },
): Block {
  const items = run(lines, at, item);
  const rows = items.map((line) => `<li dir="auto">${inline(item.exec(line)?.[1] ?? "")}</li>`);
  return { html: `<${tag}>${rows.join("")}</${tag}>`, length: items.length };
}

/** The lines from a place on that are alike. */
function run(lines: readonly string[], at: number, rule: RegExp): readonly string[] {
  const rest = lines.slice(at);
  const end = rest.findIndex((line) => !rule.test(line));
  return end < 0 ? rest : rest.slice(0, end);
}

function paragraph(lines: readonly string[], at: number): Block {
  const rest = lines.slice(at);
  const end = rest.findIndex((line, index) => index > 0 && beginsBlock(line));
  const own = end < 0 ? rest : rest.slice(0, end);
  return { html: `<p dir="auto">${inline(own.join("\n"))}</p>`, length: own.length };
}

function beginsBlock(line: string): boolean {
  return (
    line.trim() === "" ||
    [fenceStart, heading, bullet, numbered, quote, tableRow].some((rule) => rule.test(line))
  );
}

/** Code first: nothing in it is markup. Each alternative is bounded, so that no text takes long. */
const span =
  /``([^\n]{1,400}?)``(?!`)|`([^`\n]{1,2000})`|\*\*(?=\S)([^*\n]{1,2000})\*\*|\[([^\][\n]{1,1000})\]\(([^()\s]{1,2000})\)|(https?:\/\/[^\s<>"'`)\]]{1,2000}[^\s<>"'`)\].,:;!?])|(?<![\w*])\*(?=\S)([^*\n]{1,2000})\*(?![\w*])/g;

function inline(text: string): string {
  let html = "";
  let end = 0;
  for (const found of text.matchAll(span)) {
    html += escapeHtml(text.slice(end, found.index));
    end = found.index + found[0].length;
    const [, doubleCode, code, bold, label, target, address, italic] = found;
    if (doubleCode !== undefined || code !== undefined)
      html += `<code>${escapeHtml(doubleCode?.trim() ?? code ?? "")}</code>`;
    else if (bold !== undefined) html += `<strong>${escapeHtml(bold)}</strong>`;
    else if (italic !== undefined) html += `<em>${escapeHtml(italic)}</em>`;
    else if (address !== undefined) html += link(address, address);
    else html += link(label ?? "", target ?? "", found[0]);
  }
  return html + escapeHtml(text.slice(end));
}

/** A link where the address is one that a browser may open; else the text as it was written. */
function link(label: string, target: string, written = label): string {
  const protocol = URL.parse(target)?.protocol;
  if (protocol !== "http:" && protocol !== "https:" && protocol !== "mailto:") {
    return escapeHtml(written);
  }
  return `<a href="${escapeHtml(target)}" rel="noopener noreferrer nofollow">${escapeHtml(label)}</a>`;
}
