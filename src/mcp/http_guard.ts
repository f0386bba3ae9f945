/** Who may talk to a server over HTTP. */
export interface HttpAccess {
  /** The address that is listened on. */
  readonly host: string;
  /** What a client must show as `Authorization: Bearer`; absent: nothing. */
  readonly token?: string;
}

/** Whether an address is reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/**
 * The refusal of a request, or undefined. A page in the person's browser can reach this machine under a name of its own
 * (DNS rebinding): on a loopback address both Host and Origin must be this machine. Elsewhere the names are not known; an
 * Origin must then be the very Host, and a token is what decides.
 */
export function refusalOfRequest(request: Request, access: HttpAccess): Response | undefined {
  const { headers } = request;
  const host = hostnameOf(`http://${headers.get("host") ?? ""}`);
  if (host === undefined || (isLoopback(access.host) && !isLoopback(host))) {
    return refusal(403, "Forbidden: this Host is not served");
  }
  const origin = headers.get("origin");
  if (origin !== null && !isOwnOrigin(origin, headers.get("host") ?? "", access)) {
    return refusal(403, "Forbidden: this Origin is not served");
  }
  if (access.token === undefined || isShown(headers.get("authorization"), access.token)) {
    return undefined;
  }
  return refusal(401, "Unauthorized: a bearer token is needed", {
    "WWW-Authenticate": 'Bearer realm="hermes-tools"',
  });
}

/** An answer that refuses, with JSON-RPC's form of it for those who look. */
export function refusal(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const body = { jsonrpc: "2.0", id: null, error: { code: -32_000, message } };
  return Response.json(body, { status, headers: { ...headers } });
}

function isOwnOrigin(origin: string, host: string, access: HttpAccess): boolean {
  const name = hostnameOf(origin);
  if (name === undefined) return false;
  return isLoopback(access.host) ? isLoopback(name) : new URL(origin).host === host;
}

function hostnameOf(address: string): string | undefined {
  try {
    const { hostname, username, password, pathname } = new URL(address);
    const isPlain = username === "" && password === "" && pathname === "/";
    return isPlain && hostname !== "" ? hostname.replace(/^\[(.*)\]$/, "$1") : undefined;
  } catch {
    return undefined;
  }
}

function isShown(authorization: string | null, token: string): boolean {
  const shown = /^Bearer +([^ ]+) *$/i.exec(authorization ?? "")?.[1];
  return shown !== undefined && isSame(shown, token);
}

/** Takes as long for a token that is nearly right as for one that is not. */
function isSame(given: string, expected: string): boolean {
  const encoder = new TextEncoder();
  const [a, b] = [encoder.encode(given), encoder.encode(expected)];
  let difference = a.length ^ b.length;
  for (const [index, byte] of b.entries()) difference |= byte ^ (a[index] ?? 0);
  return difference === 0;
}
