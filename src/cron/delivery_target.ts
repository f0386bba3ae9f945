import { isAbsolute, join, normalize } from "node:path/posix";
import type { DeliveryTarget } from "../core/cron.ts";
import { HermesError } from "../core/errors.ts";
import { type AddressKind, kindOfAddress } from "./address.ts";

/** What the paths in a target are read against. */
export interface TargetContext {
  /** Absolute. */
  readonly cwd: string;
  readonly homeDirectory: string;
}

/**
 * A target as people write it: `local`, `file:PATH`, `command:COMMAND`, `webhook:URL`.
 * @throws {HermesError} `usage/invalid`
 */
export function parseTarget(typed: string, context: TargetContext): DeliveryTarget {
  const text = typed.trim();
  if (text === "local") return { kind: "local" };
  const [, kind, value = ""] = /^(file|command|webhook):(.*)$/s.exec(text) ?? [];
  const rest = value.trim();
  switch (kind) {
    case "file":
      if (rest === "" || rest.endsWith("/")) throw wrong("A file is missing", text);
      return { kind, path: absolutePath(rest, context) };
    case "command":
      if (rest === "") throw wrong("A command is missing", text);
      return { kind, command: rest };
    case "webhook": {
      const url = URL.parse(rest);
      const isWeb = url?.protocol === "https:" || url?.protocol === "http:";
      if (!url || !isWeb) throw wrong("A webhook is an http or https address", text);
      if (url.username !== "" || url.password !== "") {
        throw wrong("A webhook has no user and no password", `webhook:${withoutUser(url)}`);
      }
      return { kind, url: url.href };
    }
    default:
      throw wrong("This is no place to deliver to", text);
  }
}

/** The target as it would be typed. */
export function targetText(target: DeliveryTarget): string {
  switch (target.kind) {
    case "local":
      return "local";
    case "file":
      return `file:${target.path}`;
    case "command":
      return `command:${target.command}`;
    case "webhook":
      return `webhook:${target.url}`;
    default:
      return target satisfies never;
  }
}

/**
 * What keeps outcomes from ever being taken to targets, one sentence each, as far as their text says it; where a name leads
 * is looked up at each call. `mayBePrivate`: `security.allow_private_urls`.
 */
export function targetWarnings(
  targets: readonly DeliveryTarget[],
  { mayBePrivate }: { readonly mayBePrivate: boolean },
): readonly string[] {
  return targets.flatMap((target) => {
    if (target.kind !== "webhook") return [];
    const { protocol, hostname, host } = new URL(target.url);
    const kind = literalKind(hostname);
    const nothing = `Nothing can be delivered to ${host}`;
    if (protocol === "http:" && kind !== "loopback") {
      const unless = kind === undefined ? " unless that is a name of this machine" : "";
      return [`${nothing}${unless}: http is for this machine alone, elsewhere it takes https`];
    }
    if (kind === undefined || kind === "public" || mayBePrivate) return [];
    const fix = "hermes config set security.allow_private_urls true";
    return [`${nothing}, which is on this machine or in a private network: ${fix} allows it`];
  });
}

/** Where a host leads that needs no name server; undefined for any other name. */
function literalKind(hostname: string): AddressKind | undefined {
  if (/^(?:.+\.)?localhost$/.test(hostname)) return "loopback";
  return /^[\d.]+$|^\[/.test(hostname) ? kindOfAddress(hostname) : undefined;
}

function absolutePath(path: string, { cwd, homeDirectory }: TargetContext): string {
  if (path.startsWith("~/")) return join(homeDirectory, path.slice(2));
  return normalize(isAbsolute(path) ? path : join(cwd, path));
}

/** The address without what may be a secret. */
function withoutUser(url: URL): string {
  const plain = new URL(url);
  plain.username = "";
  plain.password = "";
  return plain.href;
}

function wrong(problem: string, found: string): HermesError {
  return new HermesError("usage/invalid", `${problem}: ${found}`, {
    hint: "pass local, file:PATH, command:COMMAND or webhook:URL",
  });
}
