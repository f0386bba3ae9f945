import { basename, join } from "node:path/posix";

/** The directory of a session's whole results, below the one for those of all sessions. */
export function sessionResultsDirectory(resultsDirectory: string, sessionId: string): string {
  return join(resultsDirectory, fileName(sessionId));
}

/** What the directories of a session's sub-agents begin with, beside its own. */
export function childResultsPrefix(sessionId: string): string {
  return `${fileName(sessionId)}-task-`;
}

/** What the names of files begin with whose text somebody from outside wrote. */
const outsidePrefix = "outside-";

/** The file for the whole result of a call. Models use an id again in each session: `call_1`. */
export function resultPath(
  resultsDirectory: string,
  call: {
    readonly sessionId: string;
    readonly callId: string;
    readonly isFromOutside?: boolean;
  },
): string {
  const name = `${call.isFromOutside ? outsidePrefix : ""}${fileName(call.callId)}.txt`;
  return join(sessionResultsDirectory(resultsDirectory, call.sessionId), name);
}

/** Whether somebody from outside wrote what such a file holds. */
export function isOutsideResult(resultsDirectory: string, path: string): boolean {
  return path.startsWith(`${resultsDirectory}/`) && basename(path).startsWith(outsidePrefix);
}

/** An id as one name that every file system takes: servers choose call ids freely, and some pack data into them. */
function fileName(id: string): string {
  return id.replace(/[^\w-]/g, "_").slice(0, 100) || "_";
}
