import {
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  parseDocument,
  visit,
  type Document,
  type Pair,
  type Scalar,
  type YAMLMap,
} from "yaml";
import { errorMessage, HermesError } from "../core/errors.ts";
import type { KeyPath } from "./key_path.ts";
import { startOf } from "./yaml_text.ts";

/** YAML text that was parsed without a fault. */
export interface YamlSource {
  readonly text: string;
  readonly document: Document.Parsed;
  /** The document as plain data. */
  readonly tree: unknown;
  /** `file:line:column` of a key or its value; of the nearest thing around it when it is not written out. */
  readonly place: (path: KeyPath, what: "key" | "value") => string;
}

interface Fault {
  readonly offset: number;
  readonly message: string;
}

/** Nothing in a configuration is nested deeper; recursion is safe up to here. */
const MAX_DEPTH = 64;

/** A few aliases of a long list are more data than anybody has memory for. */
const MAX_VALUES = 500_000;

/** No YAML stream may hold them (YAML 1.2.2, section 5.1). */
const UNPRINTABLE = /[\0-\x08\v\f\x0e-\x1f\x7f]/;

/**
 * Reads one YAML document; `file` is what messages call it. Merge keys (`<<`) are honoured as in YAML 1.1.
 * @throws {HermesError} `config/invalid` with file, line and column
 */
export function parseYaml(text: string, file: string): YamlSource {
  const at = (offset: number): string => `${file}:${position(text, offset)}`;
  const fail = ({ offset, message }: Fault): never => {
    const hint = "correct it: hermes config edit";
    throw new HermesError("config/invalid", `${at(offset)}: ${message}`, { hint });
  };
  const control = UNPRINTABLE.exec(text);
  if (control) {
    const code = control[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    return fail({ offset: control.index, message: `Control character U+${code} is not allowed` });
  }
  try {
    // Unique keys are checked in `findFault`: the parser compares each with each, which is quadratic.
    const document = parseDocument(text, {
      prettyErrors: false,
      merge: true,
      uniqueKeys: false,
      keepSourceTokens: true,
    });
    const fault = findFault(document);
    if (fault) return fail(fault);
    const tree: unknown = document.toJS();
    if (!hasAtMost(tree, MAX_VALUES)) {
      return fail({
        offset: 0,
        message: `More than ${MAX_VALUES} values with those of its aliases`,
      });
    }
    const place = (path: KeyPath, what: "key" | "value"): string =>
      at(locate(document, path, what));
    return { text, document, tree, place };
  } catch (error) {
    if (error instanceof HermesError) throw error;
    // Aliases that multiply one another, or nesting that exhausts the stack.
    return fail({ offset: 0, message: errorMessage(error) });
  }
}

/** `line:column`, from 1; a byte order mark is no column. */
function position(text: string, offset: number): string {
  const before = text.slice(text.startsWith("\uFEFF") ? 1 : 0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return `${before.split("\n").length}:${before.length - lineStart + 1}`;
}

function findFault(document: Document.Parsed): Fault | undefined {
  const [error] = [...document.errors, ...document.warnings].toSorted(
    (one, other) => one.pos[0] - other.pos[0],
  );
  if (error) {
    return { offset: error.pos[0], message: error.message.replace(/; please use YAML\..*/, "") };
  }
  let fault: Fault | undefined;
  const anchors = new Set<string>();
  visit(document, (_key, node, ancestors) => {
    fault = faultOf(node, ancestors, anchors);
    return fault && visit.BREAK;
  });
  return fault;
}

/** What is wrong with a node; `anchors` are those of the nodes before it, and are added to. */
function faultOf(
  node: unknown,
  ancestors: readonly unknown[],
  anchors: Set<string>,
): Fault | undefined {
  // A level is a collection and, in maps, its pair.
  if (ancestors.length > 2 * MAX_DEPTH) {
    return { offset: startOf(node), message: `Nested deeper than ${MAX_DEPTH} levels` };
  }
  if (isAlias(node) && !anchors.has(node.source)) {
    return { offset: startOf(node), message: `No anchor before the alias *${node.source}` };
  }
  if (
    isAlias(node) &&
    ancestors.some((outer) => isCollection(outer) && outer.anchor === node.source)
  ) {
    return {
      offset: startOf(node),
      message: `Alias inside of what it stands for: *${node.source}`,
    };
  }
  if ((isCollection(node) || isScalar(node)) && node.anchor !== undefined) anchors.add(node.anchor);
  const repeated = isMap(node) ? repeatedKey(node) : undefined;
  if (!repeated) return undefined;
  return { offset: startOf(repeated), message: `Key is there twice: ${String(repeated.value)}` };
}

function repeatedKey({ items }: YAMLMap): Scalar | undefined {
  const seen = new Set<string>();
  for (const { key } of items) {
    if (!isScalar(key) || key.value === "<<") continue;
    const name = String(key.value);
    if (seen.has(name)) return key;
    seen.add(name);
  }
  return undefined;
}

function hasAtMost(tree: unknown, limit: number): boolean {
  let left = limit;
  const count = (value: unknown): void => {
    left--;
    if (left < 0 || typeof value !== "object" || value === null) return;
    for (const child of Object.values(value)) {
      if (left < 0) return;
      count(child);
    }
  };
  count(tree);
  return left >= 0;
}

function locate(document: Document.Parsed, path: KeyPath, what: "key" | "value"): number {
  let node: unknown = document.contents;
  let offset = startOf(node);
  for (const segment of path) {
    const pair = isMap(node) ? findPair(node, segment) : undefined;
    const child: unknown = isSeq(node) ? node.items[Number(segment)] : pair?.value;
    if (!pair && !isNode(child)) return offset;
    offset = startOf(pair ? pair.key : child);
    node = child;
  }
  const isWritten = isScalar(node) && node.range && node.range[1] > node.range[0];
  return what === "value" && isWritten ? startOf(node) : offset;
}

/** The pair of a key in a map; merged keys (`<<`) are not in it. */
export function findPair(map: YAMLMap, key: string | number): Pair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(key));
}
