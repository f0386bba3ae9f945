import { dirname, join } from "node:path/posix";
import { errnoOf, errorMessage, HermesError } from "../core/errors.ts";

/**
 * A failure of a database file as what it means for the user; `content` is what they call what is in it. Node reports SQLite's result code as `errcode`; Deno
 * leaves it out, so that its text has to do.
 */
export function toStoreError(error: unknown, path: string, content = "Sessions"): HermesError {
  if (error instanceof HermesError) return error;
  const message = errorMessage(error);
  const problem = problemOf(error, message);
  switch (problem) {
    case "invalid": {
      const damaged = join(dirname(path), "damaged");
      return new HermesError(
        "store/invalid",
        `${content} cannot be read, the file is damaged or no database: ${path}`,
        {
          cause: error,
          // The log beside it must go with it: SQLite would play it into the new file.
          hint: `move it away and start anew: mkdir ${damaged} && mv ${path}* ${damaged}`,
        },
      );
    }
    case "full":
      return new HermesError(
        "store/full",
        `The disk is full, ${content.toLowerCase()} cannot be written: ${path}`,
        {
          cause: error,
          hint: "free some space and run again",
        },
      );
    case "unreadable":
      return new HermesError(
        "store/unreadable",
        `${content} cannot be opened (${errnoOf(error) ?? message}): ${path}`,
        {
          cause: error,
          // The file itself may not be there: then its directory is what refused it.
          hint: `check who owns it and who may write: ls -la ${dirname(path)}`,
        },
      );
    case "gone":
      return new HermesError("session/not_found", "The session was deleted while it was in use", {
        cause: error,
        hint: "start a new one",
      });
    case "title_taken":
      return new HermesError("session/title_taken", "Another session has this title already", {
        cause: error,
        hint: "choose another title",
      });
    case "bug":
      return new HermesError("internal/bug", `Unexpected error of the session store: ${message}`, {
        cause: error,
        hint: "run again with --debug and report the stack",
      });
    default:
      return problem satisfies never;
  }
}

type Problem = "invalid" | "full" | "unreadable" | "gone" | "title_taken" | "bug";

/** SQLite's primary result codes (sqlite.org/rescode.html). */
const problemOfCode: ReadonlyMap<number, Problem> = new Map([
  [3, "unreadable"], // PERM
  [5, "unreadable"], // BUSY
  [6, "unreadable"], // LOCKED
  [8, "unreadable"], // READONLY
  [10, "unreadable"], // IOERR
  [11, "invalid"], // CORRUPT
  [13, "full"], // FULL
  [14, "unreadable"], // CANTOPEN
  [15, "unreadable"], // PROTOCOL: the lock of the log
  [26, "invalid"], // NOTADB
]);

/** IOERR_SHMSIZE: the index of the log, which readers need, too, could not be made as large as it has to be. */
const noRoomForIndex = 4874;

/** Constraints that another process can break between a look and a write. */
const problemOfConstraint: readonly (readonly [string, Problem])[] = [
  ["FOREIGN KEY constraint failed", "gone"],
  ["UNIQUE constraint failed: sessions.title", "title_taken"],
];

const problemOfText: readonly (readonly [RegExp, Problem])[] = [
  [/not a database|malformed|corrupt/i, "invalid"],
  [/disk is full/i, "full"],
  [/unable to open|readonly|read-only|locked|disk i\/o|permission/i, "unreadable"],
];

function problemOf(error: unknown, message: string): Problem {
  const broken = problemOfConstraint.find(([text]) => message.includes(text));
  if (broken) return broken[1];
  if (error instanceof Error && "errcode" in error && typeof error.errcode === "number") {
    if (error.errcode === noRoomForIndex) return "full";
    // The low byte is the primary code, the rest tells it apart further.
    return problemOfCode.get(error.errcode & 0xff) ?? "bug";
  }
  const errno = errnoOf(error);
  if (errno === "ENOSPC" || errno === "EDQUOT") return "full";
  if (errno !== undefined && /^E[A-Z]+$/.test(errno)) return "unreadable";
  return problemOfText.find(([pattern]) => pattern.test(message))?.[1] ?? "bug";
}
