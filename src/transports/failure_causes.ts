/** Causes that are looked at; deeper ones belong to the machinery of HTTP. */
const maxCauses = 5;

/** An error and the errors that caused it, outermost first; ends at a chain that closes on itself. */
export function causesOf(error: unknown): readonly unknown[] {
  const chain: unknown[] = [];
  let current = error;
  while (current !== undefined && current !== null && chain.length < maxCauses) {
    if (chain.includes(current)) break;
    chain.push(current);
    current = field(current, "cause");
  }
  return chain;
}

/** What Bun adds to errors of `fetch` for whoever called it. */
const adviceForCallers =
  /[.] (?:For more information, pass `verbose: true` .*|Is the computer able to access the url[?])$/;

/** What an error says, or "" when it is none. */
export function messageOf(error: unknown): string {
  if (typeof error === "string") return error;
  const message = field(error, "message");
  return typeof message === "string" ? message.replace(adviceForCallers, "") : "";
}

/** The word that the system or the runtime gave to an error, as written: `ECONNREFUSED`. */
export function errnoName(error: unknown): string | undefined {
  const code = field(error, "code");
  return typeof code === "string" && code !== "" ? code : undefined;
}

/** The names that the system or the HTTP client gave to errors (`ECONNREFUSED`, `TimeoutError`), in lower case. */
export function errnosOf(causes: readonly unknown[]): readonly string[] {
  return causes
    .flatMap((cause) => [field(cause, "code"), field(cause, "name")])
    .filter((name) => typeof name === "string")
    .map((name) => name.toLowerCase());
}

/** The status of an HTTP refusal (400 to 599) that a failure or one of its causes carries, or undefined. */
export function statusOf(
  failure: { readonly status?: number },
  causes: readonly unknown[],
): number | undefined {
  const candidates = causes.flatMap((cause) => [
    field(cause, "status_code"),
    field(cause, "status"),
  ]);
  return [failure.status, ...candidates].find(isRefusal);
}

function isRefusal(status: unknown): status is number {
  return typeof status === "number" && status >= 400 && status <= 599;
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  try {
    return Reflect.get(value, name);
  } catch {
    // A getter that throws must not hide the failure that it belongs to.
    return undefined;
  }
}
