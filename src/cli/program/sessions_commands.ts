import type { Command } from "commander";
import { examples, withCommonOptions } from "../command_flags.ts";
import { actionsIn, type ActionOf, type IsNamed } from "./call.ts";

/** `hermes sessions ...`. */
export function addSessions(program: Command, on: ActionOf, isNamed: IsNamed): void {
  const sessions = program.command("sessions").description("list, read and tidy stored sessions");
  if (!isNamed("sessions")) return;
  const leaf = actionsIn("sessions", on);

  withCommonOptions(sessions.command("list"))
    .description("list sessions, the newest first")
    .option("-n, --limit <number>", "at most so many (default: 20)")
    .option("--source <name>", "only those started by: cli, oneshot, ...")
    .option("--json", "print one JSON document")
    .action(leaf("list", () => import("../commands/sessions/list.ts")));
  withCommonOptions(sessions.command("show"))
    .description("show what was said and done in a session")
    .argument("<session>", "id, the beginning of one, or title")
    .option("--json", "print one JSON document")
    .action(leaf("show", () => import("../commands/sessions/show.ts")));
  withCommonOptions(sessions.command("search"))
    .description("search the text of all sessions")
    .argument("<words...>", "what to look for")
    .option("-n, --limit <number>", "at most so many hits (default: 20)")
    .option("--json", "print one JSON document")
    .action(leaf("search", () => import("../commands/sessions/search.ts")));
  withCommonOptions(sessions.command("export"))
    .description("write a session as a file")
    .argument("<session>", "id, the beginning of one, or title")
    .option(
      "-f, --format <format>",
      "jsonl, json, md or html (default: by the file's name, else jsonl)",
    )
    .option("-o, --output <file>", "write to a file in place of stdout")
    .addHelpText(
      "after",
      examples([
        "hermes sessions export 20260102_0304 -o talk.md",
        "hermes sessions export 'release notes' -o talk.html",
        "hermes sessions export 'release notes' > talk.jsonl",
      ]),
    )
    .action(leaf("export", () => import("../commands/sessions/export.ts")));
  withCommonOptions(sessions.command("rename"))
    .description("give a session a title")
    .argument("<session>", "id, the beginning of one, or title")
    .argument("<title...>", "the new title")
    .action(leaf("rename", () => import("../commands/sessions/rename.ts")));
  withCommonOptions(sessions.command("rewind"))
    .description("take the last turns of a session back")
    .argument("<session>", "id, the beginning of one, or title")
    .option("--turns <number>", "so many turns (default: 1)")
    .option("--to <id>", "back to before this turn, or the one with this item")
    .option("--force", "also when a turn seems to run there")
    .addHelpText(
      "after",
      examples([
        "hermes sessions rewind 'release notes'",
        "hermes sessions rewind 20260102_0304 --turns 3",
      ]),
    )
    .action(leaf("rewind", () => import("../commands/sessions/rewind.ts")));
  withCommonOptions(sessions.command("branch"))
    .description("make a second session of what was said so far")
    .argument("<session>", "id, the beginning of one, or title")
    .option("--title <title>", "the title of the new one")
    .action(leaf("branch", () => import("../commands/sessions/branch.ts")));
  withCommonOptions(sessions.command("delete"))
    .description("delete sessions for good")
    .argument("<sessions...>", "ids, beginnings of ids, or titles")
    .option("-y, --yes", "do not ask")
    .action(leaf("delete", () => import("../commands/sessions/delete.ts")));
  withCommonOptions(sessions.command("prune"))
    .description("delete the sessions that were not used for a while")
    .option("--older-than <days>", "days without use (default: sessions.retention_days)")
    .option("--dry-run", "only say what would be deleted")
    .option("-y, --yes", "do not ask")
    .action(leaf("prune", () => import("../commands/sessions/prune.ts")));
}
