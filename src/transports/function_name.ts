/** Characters that the APIs take in the name of a function; a model may have made up others. */
const foreign = /[^A-Za-z0-9_-]/g;

/** The name of a called function as it can be sent back, or undefined when there is none. */
export function wireFunctionName(name: string): string | undefined {
  const trimmed = name.trim();
  return trimmed === "" ? undefined : trimmed.replace(foreign, "_");
}
