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
