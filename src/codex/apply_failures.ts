import { errnoOf, HermesError } from "../core/errors.ts";

/** Does what writes in a directory. @throws {HermesError} `file/unwritable` for that directory, or what was typed already */
export async function writingIn<Result>(
  directory: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof HermesError ? error : unwritable(directory, error);
  }
}

/** The failure of a text that codex does not accept. */
export function wouldBreak(complaint: string, file: string): HermesError {
  return new HermesError(
    "codex/config_invalid",
    `codex would not accept the configuration, ${file} is as it was: ${complaint}`,
    { hint: "correct that server in config.yaml: hermes config edit" },
  );
}

/** The failure of a text that could not be checked, and not be taken back. */
export function leftInPlace(cause: unknown, file: string): HermesError {
  const why = cause instanceof HermesError ? cause.message : String(cause);
  return new HermesError(
    "codex/config_invalid",
    `${file} was written, and then changed by somebody else: it stays as it is, although it could not be checked: ${why}`,
    { cause, hint: "see what codex says of it: codex mcp list" },
  );
}

/** The failure of a file that never stays the same. */
export function busy(file: string): HermesError {
  return new HermesError(
    "file/unwritable",
    `Could not write ${file}: somebody else keeps changing it`,
    {
      hint: "try again",
      retryable: true,
    },
  );
}

function unwritable(directory: string, cause: unknown): HermesError {
  const errno = errnoOf(cause);
  const isBusy = errno === "EBUSY";
  // A lock that cannot be opened has a code of SQLite's, which tells a user nothing.
  const reason =
    errno === "ERR_SQLITE_ERROR" ? "no lock can be had there" : (errno ?? String(cause));
  const said = isBusy ? "another hermes is changing it" : reason;
  return new HermesError("file/unwritable", `Could not write in ${directory}: ${said}`, {
    cause,
    hint: isBusy ? "try again" : `look at its owner and mode: ls -ld ${directory}`,
    retryable: isBusy,
  });
}
