import { expect, test } from "bun:test";
import { moduleUses } from "../../scripts/lib/module_uses.ts";

/** Names of what a source uses, without lines. */
function names(source: string): { imports: readonly string[]; globals: readonly string[] } {
  const { imports, globals } = moduleUses("src/core/a.ts", source);
  return { imports: imports.map(({ name }) => name), globals: globals.map(({ name }) => name) };
}

test("moduleUses() finds every form of import with its line", () => {
  const source = `import a from "./a.ts";
import type { B } from "./b.ts";
import { type C } from "./c.ts";
import "./d.ts";
export { e } from "./e.ts";
export * from "./f.ts";
export type { G } from "./g.ts";
type H = import("./h.ts").H;
type I = typeof import("./i.ts");
const j = await import("./j.ts");
const k = await import(\`./\${a}.ts\`);
export { a, j, k };
`;
  expect(moduleUses("src/core/a.ts", source)).toEqual({
    imports: [
      "./a.ts",
      "./b.ts",
      "./c.ts",
      "./d.ts",
      "./e.ts",
      "./f.ts",
      "./g.ts",
      "./h.ts",
      "./i.ts",
    ]
      .concat(["./j.ts", "import(...)"])
      .map((name, index) => ({ name, line: index + 1 })),
    globals: [],
    faults: [],
  });
});

test("moduleUses() says how a global is used", () => {
  const source = `
    process.env["HOME"]; process["exit"](1); fetch("http://x"); new Date(); new Date(0); Date();
    globalThis.setTimeout(f, 1); (globalThis as Global).fetch(url); Date.now(); const now = Date.now; console.log("x");
    globalThis["process"].env; Bun?.version; process!.cwd();`;
  expect(names(source).globals).toEqual([
    "process.env.HOME",
    "process.exit(...)",
    "fetch(...)",
    "new Date()",
    "new Date(...)",
    "Date()",
    "setTimeout(...)",
    "f",
    "fetch(...)",
    "url",
    "Date.now()",
    "Date.now",
    "console.log(...)",
    "process.env",
    "Bun.version",
    "process.cwd()",
  ]);
});

test("moduleUses() leaves alone what the module declares itself", () => {
  const source = `
    import { console } from "./console.ts";
    console.log(later());
    function later() { const { fetch } = deps; return fetch(process); }
    const deps = { fetch: (process: string) => process, Date: 1 };
    export const f = (fetch: Fetch, { setTimeout }: Timers) => { setTimeout(fetch, 1); };
    class Bun { process = 1; fetch() { return this.process; } }
    try { new Bun().fetch(); } catch (process) { throw process; }`;
  expect(names(source).globals).toEqual(["process"]);
});

test("moduleUses() takes a local name for local in its own scope only", () => {
  const source = `export function f(fetch: Fetch) { return fetch(1); }\nexport const g = () => fetch(2);`;
  expect(moduleUses("src/core/a.ts", source)).toEqual({
    imports: [],
    globals: [{ name: "fetch(...)", line: 2 }],
    faults: [],
  });
});

test("moduleUses() does not count types, keys, strings and comments", () => {
  const source = `
    // process.env, fetch(), Date.now()
    type Fetch = typeof fetch;
    interface Timers { setTimeout(f: () => void): void; readonly process: Deno.Process }
    export const o = { fetch: "process.env", Bun: { Deno: 1 } };
    export const p = o.Bun.Deno + o.fetch;`;
  expect(names(source).globals).toEqual([]);
});

test("moduleUses() says where a source cannot be parsed", () => {
  expect(moduleUses("src/core/a.ts", "const a = 1;\nconst = 2;")).toEqual({
    imports: [],
    globals: [],
    faults: [{ name: "Unexpected token", line: 2 }],
  });
});

test("moduleUses() reads a source without imports as a module", () => {
  expect(names("for await (const a of b) await c(a);").globals).toEqual(["b", "c(...)"]);
});
