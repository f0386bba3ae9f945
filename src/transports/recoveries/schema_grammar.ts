import type { ModelRequest } from "../../core/model.ts";
import type { Phrase } from "../failure_phrases.ts";
import { saysAny } from "../failure_rules.ts";
import { plainSchema } from "../plain_schema.ts";
import type { Recovery } from "../recover.ts";

/** llama.cpp, which compiles schemas into grammars and knows few regular expressions. */
const phrases: readonly Phrase[] = [
  "error parsing grammar",
  "failed to parse grammar",
  "json-schema-to-grammar",
  "json schema conversion failed",
  ["unable to generate parser", "template"],
];

/** Schemas that the server cannot compile go without `pattern` and `format` from then on; tools check their arguments anyway. */
export function schemaGrammar(): Recovery {
  let isPlain = false;

  return {
    per: "turn",
    prepare: (request) => (isPlain ? { request: plain(request) } : undefined),
    learn({ status, text }, request) {
      const fits = status === undefined || status === 400 || status === 500;
      if (isPlain || !fits || !saysAny(text, phrases)) return undefined;
      // What is plain already was refused for something else.
      if (JSON.stringify(schemasOf(plain(request))) === JSON.stringify(schemasOf(request))) {
        return undefined;
      }
      isPlain = true;
      return {};
    },
  };
}

function plain(request: ModelRequest): ModelRequest {
  return {
    ...request,
    tools: request.tools.map((tool) => ({ ...tool, parameters: plainSchema(tool.parameters) })),
    ...(request.outputSchema !== undefined && {
      outputSchema: plainSchema(request.outputSchema),
    }),
  };
}

function schemasOf({ tools, outputSchema }: ModelRequest): readonly unknown[] {
  return [...tools.map(({ parameters }) => parameters), outputSchema];
}
