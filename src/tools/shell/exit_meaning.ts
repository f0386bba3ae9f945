import { literalText } from "../command_risk/syntax.ts";
import { parseScript } from "../command_risk/parse_script.ts";

/** Exit codes that are an answer rather than a failure, or say more than their number, by program. */
const meanings: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  "[": { 1: "The condition is false" },
  ag: { 1: "No matches" },
  cmp: { 1: "The files differ" },
  curl: {
    6: "The host name could not be resolved",
    7: "The connection was refused or failed",
    22: "The server answered with an HTTP error (400 or above)",
    28: "The request timed out",
  },
  diff: { 1: "The files differ" },
  egrep: { 1: "No lines matched" },
  fgrep: { 1: "No lines matched" },
  find: { 1: "Some directories could not be read; the other results are valid" },
  git: { 1: "For git diff and git grep: differences, or nothing found; otherwise an error" },
  grep: { 1: "No lines matched" },
  rg: { 1: "No lines matched" },
  test: { 1: "The condition is false" },
};

const commonMeanings: Readonly<Record<number, string>> = {
  126: "The program was found but could not be executed",
  127: "The program was not found",
  137: "Killed (SIGKILL), perhaps for lack of memory",
  139: "Crashed (SIGSEGV)",
  143: "Terminated (SIGTERM)",
};

/** What an exit code says, judged by the last program of the command; undefined when it is 0 or a plain failure. */
export function exitMeaning(command: string, exitCode: number): string | undefined {
  if (exitCode === 0) return undefined;
  const last = parseScript(command).script.pipelines.at(-1)?.commands.at(-1);
  const program = last?.kind === "simple" ? last.words[0] : undefined;
  const name = (program && literalText(program))?.split("/").at(-1) ?? "";
  const own = Object.hasOwn(meanings, name) ? meanings[name]?.[exitCode] : undefined;
  return own ?? commonMeanings[exitCode];
}
