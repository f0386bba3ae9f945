import type { ReviewReport } from "../../app/reviewer.ts";
import type { Config } from "../../config/schema.ts";
import type { ReviewChange } from "../../agent/review/changes.ts";
import type { Usage } from "../../core/event.ts";
import type { Mask } from "../render/error.ts";
import { oneLine } from "../render/plain.ts";
import { fitWidth } from "./text_width.ts";

/** `display.memory_notifications`. */
type Notifications = Config["display"]["memory_notifications"];

/** What a person is told of a review: with `on` one line at most, and none where it kept nothing. */
export function reviewLines(
  report: ReviewReport,
  notifications: Notifications,
  { columns, mask }: { readonly columns: number; readonly mask: Mask },
): readonly string[] {
  const safe = (text: string): string => mask(oneLine(text));
  switch (notifications) {
    case "off":
      return [];
    case "on":
      return shortLines(report).map((line) => fitWidth(safe(line), columns - 1));
    case "verbose":
      return longLines(report).map(safe);
    default:
      return notifications satisfies never;
  }
}

function shortLines(report: ReviewReport): readonly string[] {
  if (report.kind === "impossible") return [report.reason];
  const groups = headings.flatMap(({ isStaged, subsystem, heading }) => {
    const texts = report.changes
      .filter((change) => change.isStaged === isStaged && change.subsystem === subsystem)
      .map(({ text }) => text);
    return texts.length === 0 ? [] : [`${heading}: ${texts.join("; ")}`];
  });
  // What was kept says more than why it was not more.
  if (groups.length > 0) return [groups.join(" · ")];
  return report.kind === "failed" ? [failureLine(report)] : [];
}

function longLines(report: ReviewReport): readonly string[] {
  if (report.kind === "impossible") return [report.reason];
  const { changes, usage } = report;
  return [
    ...changes.map((change) => `${headingOf(change)}: ${change.text}`),
    ...(report.kind === "failed" ? [failureLine(report)] : []),
    `Review: ${changes.length === 0 ? "nothing kept, " : ""}${tokens(usage)}`,
  ];
}

const headings = [
  { isStaged: false, subsystem: "memory", heading: "Saved to memory" },
  { isStaged: false, subsystem: "skills", heading: "Saved to skills" },
  { isStaged: true, subsystem: "memory", heading: "Waits for you in /memory" },
  { isStaged: true, subsystem: "skills", heading: "Waits for you in /skills" },
] as const;

function headingOf({ isStaged, subsystem }: ReviewChange): string {
  const found = headings.find((one) => one.isStaged === isStaged && one.subsystem === subsystem);
  return found?.heading ?? subsystem;
}

function failureLine({ error }: Extract<ReviewReport, { kind: "failed" }>): string {
  return `The review beside the session failed: ${error.message} (${error.code})`;
}

function tokens({ inputTokens, cachedInputTokens, outputTokens }: Usage): string {
  const number = (value: number): string => value.toLocaleString("en-US");
  return `${number(inputTokens)} tokens in (${number(cachedInputTokens)} cached), ${number(outputTokens)} out`;
}
