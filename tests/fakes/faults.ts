import { isJsonObject, type Json, type JsonObject, parseJson } from "../../src/core/json.ts";
import { withClaims } from "./jwt.ts";
import type { HostRequest } from "./tls_proxy.ts";

/**
 * Stands between an endpoint and its client for one request. `answer` has the endpoint do its work; without it the
 * request has no effect there.
 */
export type Fault = (
  answer: () => Response | Promise<Response>,
  request: HostRequest,
) => Response | Promise<Response>;

/** JSON in place of the answer. */
export function json(
  status: number,
  value: Json,
  headers: Readonly<Record<string, string>> = {},
): Fault {
  return () => jsonAnswer(status, value, headers);
}

/** An answer of JSON that nobody may keep. */
export function jsonAnswer(
  status: number,
  value: Json,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const type = { "content-type": "application/json", "cache-control": "no-store" };
  return new Response(JSON.stringify(value), { status, headers: { ...type, ...headers } });
}

/** An error in the words of RFC 6749 section 5.2. */
export function oauthError(status: number, error: string, description?: string): Fault {
  return json(status, {
    error,
    ...(description !== undefined && { error_description: description }),
  });
}

/** An error as OpenAI nests it. */
export function nestedError(status: number, code: string, message: string = code): Fault {
  return json(status, { error: { message, type: "invalid_request_error", param: null, code } });
}

/** Too many requests, for so many seconds or until a date. */
export function rateLimited(retryAfter: string): Fault {
  return json(429, { error: "rate_limited" }, { "retry-after": retryAfter });
}

/** A text of any kind, for instance what is no JSON, or an empty one. */
export function text(status: number, body: string, type = "text/plain"): Fault {
  return () => new Response(body, { status, headers: { "content-type": type } });
}

/** What a captive portal or a company's proxy answers in place of the host. */
export function portal(status: number): Fault {
  return text(status, "<!doctype html><title>Sign in to this network</title>", "text/html");
}

/** Sends the client elsewhere. */
export function redirect(status: 301 | 302 | 303 | 307 | 308, location: string): Fault {
  return () => new Response(null, { status, headers: { location } });
}

/** The connection is torn down before the endpoint does anything. */
export const cut: Fault = () => Response.error();

/** The endpoint did its work, and the connection is torn down before a word of the answer. */
export const cutAfterwards: Fault = async (answer) => {
  await answer();
  return Response.error();
};

/** The endpoint did its work, and the connection is torn down in the middle of the answer. */
export const cutInAnswer: Fault = async (answer) => {
  const whole = await answer();
  const bytes = new Uint8Array(await whole.arrayBuffer());
  const half = new ReadableStream<Uint8Array>({
    start: (controller) => {
      controller.enqueue(bytes.slice(0, bytes.length / 2));
    },
    pull: (controller) => {
      controller.error(new Error("Cut"));
    },
  });
  const headers = { ...Object.fromEntries(whole.headers), "content-length": `${bytes.length}` };
  return new Response(half, { status: whole.status, headers });
};

/** Nothing happens until the client leaves. */
export const hang: Fault = (_, { left }) =>
  new Promise((resolve) => {
    left.addEventListener("abort", () => {
      resolve(Response.error());
    });
  });

/** The endpoint does its work at once, and answers when `gate` opens. */
export function heldUntil(gate: Promise<unknown>): Fault {
  return async (answer) => {
    const whole = await answer();
    await gate;
    return whole;
  };
}

/** The answer with other fields; `undefined` takes one away. */
export function withFields(changes: Readonly<Record<string, Json | undefined>>): Fault {
  return changed((fields) => ({ ...fields, ...changes }));
}

/** The answer with other claims in its id token; `undefined` takes one away. */
export function withIdClaims(changes: Readonly<Record<string, Json | undefined>>): Fault {
  return changed(({ id_token: idToken, ...fields }) => {
    if (typeof idToken !== "string") throw new TypeError("The answer has no id token");
    return { ...fields, id_token: withClaims(idToken, changes) };
  });
}

function changed(change: (fields: JsonObject) => Record<string, Json | undefined>): Fault {
  return async (answer) => {
    const whole = await answer();
    const fields = parseJson(await whole.text());
    if (!isJsonObject(fields)) throw new TypeError("The answer is no object");
    return new Response(JSON.stringify(change(fields)), whole);
  };
}
