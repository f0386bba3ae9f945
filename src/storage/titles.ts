import { HermesError } from "../core/errors.ts";

const maxTitleChars = 100;

/**
 * A title as it is kept: on one line, without control, zero-width and direction-changing characters, at most 100
 * characters.
 * @throws {HermesError} `usage/invalid` when nothing is left of it
 */
export function cleanTitle(title: string): string {
  const clean = Array.from(
    title
      .toWellFormed()
      .replace(/[\s\p{Cc}]+/gu, " ")
      .replace(/\p{Cf}/gu, "")
      .trim(),
  );
  if (clean.length === 0) {
    throw new HermesError("usage/invalid", "A title needs at least one visible character", {
      hint: 'hermes sessions rename ID "A TITLE"',
    });
  }
  return clean.slice(0, maxTitleChars).join("").trim();
}

/** The failure of giving a title that another session has. */
export function titleTaken(ownerId: string, title: string): HermesError {
  return new HermesError(
    "session/title_taken",
    `Session ${ownerId} has this title already: ${title}`,
    { hint: "choose another title" },
  );
}

/** The next title of a lineage that none of `taken` is: `report` becomes `report #2`, `report #2` becomes `report #3`. */
export function nextTitle(title: string, taken: readonly string[]): string {
  const base = title.replace(/ #[1-9]\d*$/, "");
  const numbers = [title, ...taken].map((each) => lineageNumber(each, base) ?? 0);
  const ending = ` #${Math.max(...numbers) + 1}`;
  return `${Array.from(base)
    .slice(0, maxTitleChars - ending.length)
    .join("")}${ending}`;
}

/** The title of a branch that none of `taken` is: `report (branch)`, then `report (branch 2)`. */
export function branchTitle(title: string, taken: readonly string[]): string {
  const base = title.replace(/ \(branch(?: [1-9]\d*)?\)$/, "");
  for (let number = 1; ; number++) {
    const ending = number === 1 ? " (branch)" : ` (branch ${number})`;
    const start = Array.from(base).slice(0, maxTitleChars - ending.length);
    const candidate = `${start.join("")}${ending}`;
    if (!taken.includes(candidate)) return candidate;
  }
}

/** The title, or the next of its lineage where it is taken. */
export function freeTitle(title: string, taken: readonly string[]): string {
  return taken.includes(title) ? nextTitle(title, taken) : title;
}

/** The number of a title in its lineage: `report` 1, `report #3` 3; undefined when it is another one's. */
export function lineageNumber(title: string, base: string): number | undefined {
  if (title === base) return 1;
  if (!title.startsWith(`${base} #`)) return undefined;
  const number = title.slice(base.length + 2);
  return /^[1-9]\d*$/.test(number) ? Number(number) : undefined;
}
