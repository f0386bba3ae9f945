/** What a line of a crontab is made from. */
export interface LineFacts {
  /** Absolute path of this program. */
  readonly program: string;
  readonly home: string;
}

/**
 * A line that runs what is due each minute; where the one of an earlier minute is still at it, that takes it over, within
 * its limits. The comment behind it, which the shell skips, tells it from others.
 */
export function crontabLine({ program, home }: LineFacts): string {
  const tick = "cron tick --until-idle";
  const command = `HERMES_HOME=${quoted(home)} ${quoted(program)} ${tick}`;
  return `* * * * * ${escaped(command)} ${lineMark(home)}`;
}

/** The crontab with the line in place of ours, or behind all others; every other line as it is. */
export function withLine(crontab: string, facts: LineFacts): string {
  const line = crontabLine(facts);
  const lines = crontab.split("\n");
  const at = lines.findIndex((other) => isOurs(other, facts.home));
  if (at !== -1) return lines.with(at, line).join("\n");
  const before = crontab === "" || crontab.endsWith("\n") ? crontab : `${crontab}\n`;
  return `${before}${line}\n`;
}

/** The crontab without our line; every other line as it is. */
export function withoutLine(crontab: string, { home }: Pick<LineFacts, "home">): string {
  return crontab
    .split("\n")
    .filter((line) => !isOurs(line, home))
    .join("\n");
}

function isOurs(line: string, home: string): boolean {
  return line.trimEnd().endsWith(` ${lineMark(home)}`);
}

function lineMark(home: string): string {
  return `# hermes cron ${escaped(home)}`;
}

/** cron ends a command at `%`, and what follows is its stdin, unless there is a backslash before it (crontab(5)). */
function escaped(text: string): string {
  return text.replaceAll("%", "\\%");
}

/** A word for `sh`. */
function quoted(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
