import type { ModelRequest } from "../../core/model.ts";
import { plainSchema } from "../plain_schema.ts";
import type { Recovery } from "../recover.ts";

/** Schemas that the server cannot compile go without `pattern` and `format` from then on; tools check their arguments anyway. */
export function schemaGrammar(): Recovery {
  let isPlain = false;

  return {
    per: "turn",
    prepare: (request) => (isPlain ? { request: plain(request) } : undefined),
    learn({ recovery }, request) {
      if (isPlain || recovery !== "strip-grammar") return undefined;
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
