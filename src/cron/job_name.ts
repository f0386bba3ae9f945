import type { JobTask } from "../core/cron.ts";
import { HermesError } from "../core/errors.ts";

/** Characters of a name. */
const maxLength = 80;
const madeLength = 40;

/** @throws {HermesError} `usage/invalid` for what could not be told from an id, or breaks a line of a listing */
export function checkName(typed: string): void {
  const name = typed.trim();
  const problem =
    name === ""
      ? "it is empty"
      : Array.from(name).length > maxLength
        ? `it is longer than ${maxLength} characters`
        : /\p{Cc}/u.test(name)
          ? "it has a line break or another control character"
          : /^[0-9a-f]{12}$/.test(name)
            ? "it looks like an id"
            : undefined;
  if (problem === undefined) return;
  throw new HermesError("usage/invalid", `This cannot be the name of a job, ${problem}: ${name}`, {
    hint: "choose a few words: --name 'morning news'",
  });
}

/** A name for a task that nobody gave one: its script, or the beginning of its prompt; none of those that are taken. */
export function nameFor({ prompt, script }: JobTask, taken: ReadonlySet<string>): string {
  const words = prompt.replace(/[\p{Cc}\s]+/gu, " ").trim();
  const name = words === "" ? (script ?? "job") : shortened(words);
  for (let count = 1; ; count++) {
    const candidate = count === 1 ? name : `${name} (${count})`;
    if (!taken.has(candidate)) return candidate;
  }
}

function shortened(text: string): string {
  const characters = Array.from(text);
  if (characters.length <= madeLength) return text;
  const cut = characters.slice(0, madeLength - 1).join("");
  return `${cut.replace(/ \S*$/, "")}…`;
}
