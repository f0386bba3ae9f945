import type { Conversation } from "../../app.ts";
import { textOf } from "../../core/item.ts";
import type { StoredItem } from "../../core/session_store.ts";
import type { Mask } from "../render/error.ts";
import { plainText } from "../render/plain.ts";
import type { Style } from "../render/style.ts";

export interface HeaderOptions {
  readonly version: string;
  readonly homeDirectory: string;
  readonly style: Style;
}

/** What a session begins with: where it runs, and how to get help. */
export function header(conversation: Conversation, options: HeaderOptions): string {
  const { version, homeDirectory, style } = options;
  const { model, provider, cwd, sessionId, approval } = conversation;
  const isBelowHome = cwd === homeDirectory || cwd.startsWith(`${homeDirectory}/`);
  const directory = isBelowHome ? `~${cwd.slice(homeDirectory.length)}` : cwd;
  const facts = [`${model} (${provider})`, directory, ...(approval === "ask" ? [] : [approval])];
  return [
    `${style.bold(`hermes ${version}`)}  ${plainText(facts.join("  "))}`,
    style.dim(`session ${sessionId}  /help`),
  ].join("\n");
}

const maxQuestionLines = 4;
const maxAnswerLines = 12;

export interface ExchangeOptions {
  readonly style: Style;
  readonly mask: Mask;
  /** Makes text of Markdown. */
  readonly render: (markdown: string) => string;
}

/** The last thing that was said in a stored session, and the answer to it; undefined when nothing was. */
export function lastExchange(
  items: readonly StoredItem[],
  { style, mask, render }: ExchangeOptions,
): string | undefined {
  const all = items.map(({ item }) => item);
  const at = all.findLastIndex((item) => item.type === "user-message" && !item.synthetic);
  const question = all[at];
  if (question?.type !== "user-message") return undefined;
  const answer = all
    .slice(at)
    .findLast((item) => item.type === "assistant-message" && item.text.trim() !== "");
  const asked = excerpt(mask(plainText(textOf(question))), maxQuestionLines);
  const answered =
    answer?.type === "assistant-message"
      ? render(excerpt(mask(plainText(answer.text)), maxAnswerLines))
      : style.dim("(no answer)");
  return `${style.bold("> ")}${asked.replaceAll("\n", "\n  ")}\n${answered}`;
}

/** The first lines of a text. */
function excerpt(text: string, maxLines: number): string {
  const lines = text.trim().split("\n");
  const more = lines.length - maxLines;
  return more <= 0
    ? lines.join("\n")
    : [...lines.slice(0, maxLines), `(${more} more lines)`].join("\n");
}
