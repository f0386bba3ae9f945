import {
  type McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type ReadResourceResult,
  ResourceNotFoundError,
} from "@modelcontextprotocol/server";
import type { Clock } from "../core/ports.ts";
import { redPixel } from "./fixture_media.ts";
import { fixturePrompts, promptOf } from "./fixture_prompts.ts";
import { fixtureTools, type LogLevel, logLevels } from "./fixture_tools.ts";
import type { ServerExtension } from "./server.ts";

/**
 * Tools, resources, prompts and the rest that the public conformance suite of MCP calls by name
 * (`@modelcontextprotocol/conformance`): what it sees of this server is the same code that serves our tools.
 */
export function createFixtures(deps: { readonly clock: Clock }): ServerExtension {
  return {
    capabilities: {
      resources: { subscribe: true, listChanged: true },
      prompts: { listChanged: true },
      logging: {},
      completions: {},
    },
    install(mcp) {
      addResources(mcp);
      addPrompts(mcp);
      return fixtureTools(deps, levelOf(mcp));
    },
  };
}

/** The level that the client asked for; reads as everything before. */
function levelOf({ server }: McpServer): () => LogLevel {
  let level: LogLevel = logLevels[0];
  server.setRequestHandler("logging/setLevel", ({ params }) => {
    level = params.level;
    return {};
  });
  return () => level;
}

const resources = [
  {
    uri: "test://static-text",
    name: "static-text",
    description: "A text",
    mimeType: "text/plain",
  },
  {
    uri: "test://static-binary",
    name: "static-binary",
    description: "An image of one pixel",
    mimeType: "image/png",
  },
  {
    uri: "test://watched-resource",
    name: "watched-resource",
    description: "A text that can be subscribed to",
    mimeType: "text/plain",
  },
];

const template = {
  uriTemplate: "test://template/{id}/data",
  name: "template",
  description: "Data for an id",
  mimeType: "application/json",
};

function addResources({ server }: McpServer): void {
  const watched = new Set<string>();
  server.setRequestHandler("resources/list", () => ({ resources: [...resources] }));
  server.setRequestHandler("resources/templates/list", () => ({
    resourceTemplates: [{ ...template }],
  }));
  server.setRequestHandler("resources/read", ({ params }) => ({
    contents: [contentOf(params.uri)],
  }));
  server.setRequestHandler("resources/subscribe", ({ params }) => {
    contentOf(params.uri);
    watched.add(params.uri);
    return {};
  });
  server.setRequestHandler("resources/unsubscribe", ({ params }) => {
    watched.delete(params.uri);
    return {};
  });
}

function contentOf(uri: string): ReadResourceResult["contents"][number] {
  switch (uri) {
    case "test://static-text":
      return {
        uri,
        mimeType: "text/plain",
        text: "This is the content of the static text resource.",
      };
    case "test://static-binary":
      return { uri, mimeType: "image/png", blob: redPixel };
    case "test://watched-resource":
      return { uri, mimeType: "text/plain", text: "This is the content of the watched resource." };
    default: {
      const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
      if (id === undefined) throw new ResourceNotFoundError(uri);
      const data = { id, templateTest: true, data: `Data for ID: ${id}` };
      return { uri, mimeType: "application/json", text: JSON.stringify(data) };
    }
  }
}

function addPrompts({ server }: McpServer): void {
  server.setRequestHandler("prompts/list", () => ({ prompts: [...fixturePrompts] }));
  server.setRequestHandler("prompts/get", ({ params }) => {
    const prompt = promptOf(params.name, params.arguments ?? {});
    if (prompt !== undefined) return prompt;
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown prompt: ${params.name}`);
  });
  server.setRequestHandler("completion/complete", ({ params }) => {
    const known = ["paris", "park", "party", "test"];
    const values = known.filter((word) => word.startsWith(params.argument.value));
    return { completion: { values, total: values.length, hasMore: false } };
  });
}
