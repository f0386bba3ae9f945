import type { LoopbackReply, LoopbackRequest } from "../core/ports.ts";
import { type PageKind, plainHeaders } from "./loopback_page.ts";
import { type AuthorizationAnswer, readAnswer } from "./pasted.ts";

export interface CallbackOptions {
  /** Of the listener. */
  readonly port: number;
  readonly path: string;
  /** What the answer must carry. */
  readonly state: string;
  readonly corsOrigins: readonly string[];
  readonly page: (kind: PageKind) => LoopbackReply;
}

/** What a request to the loopback address comes to. */
export interface Callback {
  readonly reply: LoopbackReply;
  /** The answer of the identity provider, when it is the one that is waited for. */
  readonly answer?: AuthorizationAnswer;
}

/**
 * Tells the one answer that is waited for from everything else that reaches a port of this machine: other programs, other
 * pages (by whatever host name), prefetches, scanners. Those end no wait. Pure.
 */
export function receive(
  { method, target, headers }: LoopbackRequest,
  options: CallbackOptions,
): Callback {
  const { port, path, state, corsOrigins, page } = options;
  const { origin } = headers;
  const cors = origin !== undefined && corsOrigins.includes(origin) ? corsHeaders(origin) : {};
  const refuse = (status: number, more: Readonly<Record<string, string>> = {}): Callback => ({
    reply: { status, headers: { ...plainHeaders, ...cors, ...more }, body: "" },
  });
  // By another name it is a page of somebody else's that had the name lead here (DNS rebinding).
  if (headers["host"] !== `127.0.0.1:${port}`) return refuse(421);
  if (method === "OPTIONS") return refuse(204);
  if (method !== "GET") return refuse(405, { Allow: "GET, OPTIONS" });
  const [pathname = "", ...rest] = target.split("?");
  if (pathname !== path) return refuse(404);
  if (origin !== undefined && !corsOrigins.includes(origin)) return refuse(403);
  // Who looks ahead comes again in earnest, when nobody would be here any more.
  if (isPrefetch(headers)) return refuse(503);
  const answer = readAnswer(rest.join("?"));
  if (!answer || !isEqual(answer.state ?? "", state)) {
    return { reply: withHeaders(page("unknown"), cors) };
  }
  const kind = answer.error === undefined ? "received" : "denied";
  return { reply: withHeaders(page(kind), cors), answer };
}

/** https://wicg.github.io/nav-speculation/prefetch.html, and what older browsers send. */
function isPrefetch(headers: LoopbackRequest["headers"]): boolean {
  return ["sec-purpose", "purpose", "x-purpose", "x-moz"].some((name) =>
    /prefetch|prerender|preview/i.test(headers[name] ?? ""),
  );
}

function withHeaders(
  reply: LoopbackReply,
  headers: Readonly<Record<string, string>>,
): LoopbackReply {
  return { ...reply, headers: { ...reply.headers, ...headers } };
}

function corsHeaders(origin: string): Readonly<Record<string, string>> {
  return {
    "Access-Control-Allow-Origin": origin,
    "Access-Control-Allow-Methods": "GET, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Allow-Private-Network": "true",
    Vary: "Origin",
  };
}

/** Takes the same time wherever the two differ. */
export function isEqual(one: string, other: string): boolean {
  let difference = one.length ^ other.length;
  for (let index = 0; index < other.length; index++) {
    difference |= (one.codePointAt(index) ?? 0) ^ (other.codePointAt(index) ?? 0);
  }
  return difference === 0;
}
