/** What a module imports, and which globals it touches. */
import type { MemberExpression, Node } from "@oxc-project/types";
import { parseSync } from "oxc-parser";
import { isReferenceIdentifier, ScopeTracker, walk } from "oxc-walker";

/** Something named in a module, with its line (from 1). */
export interface Use {
  readonly name: string;
  readonly line: number;
}

/** Everything a module takes from elsewhere, in order of appearance. */
export interface ModuleUses {
  /** Specifiers of static, dynamic, type and re-exporting imports; `import(...)` where it is computed. */
  readonly imports: readonly Use[];
  /** Globals as they are used: `process.env`, `fetch(...)`, `new Date()`, `console.log(...)`. */
  readonly globals: readonly Use[];
  /** Why the source cannot be parsed; then the rest is not to be trusted. */
  readonly faults: readonly Use[];
}

/** Reads a TypeScript module. */
export function moduleUses(path: string, source: string): ModuleUses {
  const { program, errors } = parseSync(path, source, { sourceType: "module" });
  const lineOf = (offset: number): number => source.slice(0, offset).split("\n").length;
  const faults = errors.map((error) => ({
    name: error.message,
    line: lineOf(error.labels[0]?.start ?? 0),
  }));

  // Declarations first: functions and types may be used above their declaration.
  const scopes = new ScopeTracker({ preserveExitedScopes: true });
  walk(program, { scopeTracker: scopes });
  scopes.freeze();

  const imports: Use[] = [];
  const globals: Use[] = [];
  const ancestors: Node[] = []; // nearest first
  walk(program, {
    scopeTracker: scopes,
    enter(node, parent) {
      // `typeof fetch` in a type uses nothing.
      if (node.type === "TSTypeQuery" && node.exprName.type !== "TSImportType") return this.skip();
      const specifier = importedFrom(node);
      if (specifier !== undefined) imports.push({ name: specifier, line: lineOf(node.start) });
      // What is re-exported, or taken of an imported type, is a name of the other module.
      if (node.type === "ExportNamedDeclaration" && node.source !== null) return this.skip();
      if (
        node.type === "Identifier" &&
        parent?.type !== "TSImportType" &&
        isReferenceIdentifier(node, parent) &&
        !scopes.isDeclared(node.name)
      ) {
        globals.push({ name: describeUse(node.name, node, ancestors), line: lineOf(node.start) });
      }
      ancestors.unshift(node);
    },
    leave(node) {
      if (ancestors[0] === node) ancestors.shift();
    },
  });
  return { imports, globals, faults };
}

function importedFrom(node: Node): string | undefined {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportAllDeclaration":
      return node.source.value;
    case "ExportNamedDeclaration":
    case "TSImportType":
      return node.source?.value;
    case "TSExternalModuleReference":
      return node.expression.value;
    case "ImportExpression":
      return node.source.type === "Literal" && typeof node.source.value === "string"
        ? node.source.value
        : "import(...)";
    default:
      return undefined;
  }
}

/** The identifier with what is taken of it, without `globalThis` and without casts in between. */
function describeUse(name: string, identifier: Node, ancestors: readonly Node[]): string {
  let described = name;
  let inner = identifier;
  for (const outer of ancestors) {
    if (outer.type === "MemberExpression" && outer.object === inner) {
      described = `${described}.${propertyName(outer)}`.replace(/^globalThis\./, "");
    } else if (
      (outer.type === "CallExpression" || outer.type === "NewExpression") &&
      outer.callee === inner
    ) {
      const keyword = outer.type === "NewExpression" ? "new " : "";
      return `${keyword}${described}(${outer.arguments.length === 0 ? "" : "..."})`;
    } else if (!("expression" in outer && outer.expression === inner)) {
      return described;
    }
    inner = outer;
  }
  return described;
}

function propertyName({ computed, property }: MemberExpression): string {
  if (!computed && "name" in property) return property.name;
  return property.type === "Literal" && typeof property.value === "string"
    ? property.value
    : "[...]";
}
