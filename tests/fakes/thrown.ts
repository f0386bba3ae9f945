import { HermesError } from "../../src/core/errors.ts";

/** What a call throws or its promise rejects with, to be compared as a whole; fails when that is no `HermesError`. */
export async function thrown(run: () => unknown): Promise<HermesError> {
  try {
    await run();
  } catch (error) {
    if (error instanceof HermesError) return error;
    throw error;
  }
  throw new Error("Expected a HermesError, nothing was thrown");
}

/** The code that a promise rejects with, to be compared among others: `no failure` where it does not. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "no failure";
  } catch (error) {
    return error instanceof HermesError ? error.code : String(error);
  }
}
