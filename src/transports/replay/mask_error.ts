import { HermesError } from "../../core/errors.ts";

/** A failure as recordings keep it: without its cause, and without secrets. */
export function maskError(error: HermesError, clean: (text: string) => string): HermesError {
  return new HermesError(error.code, clean(error.message), {
    retryable: error.retryable,
    ...(error.hint !== undefined && { hint: clean(error.hint) }),
    ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
    ...(error.httpStatus !== undefined && { httpStatus: error.httpStatus }),
    ...(error.contextLimit !== undefined && { contextLimit: error.contextLimit }),
  });
}
