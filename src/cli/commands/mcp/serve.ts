import type { McpHttpOptions } from "../../../app/mcp_server.ts";
import type { McpToken } from "../../../app/mcp_token.ts";
import type { OutputStream, SignalName } from "../../../core/ports.ts";
import type { CommandContext } from "../../command.ts";
import { exitCodes } from "../../exit_codes.ts";
import { filledFlag, type FlagValues, switchFlag, usageError } from "../../flags.ts";
import { oneLine } from "../../render/plain.ts";

/** The address of `--http` where it names none. */
const defaultHost = "127.0.0.1";

/** `hermes mcp serve`: a client that leaves and a signal to stop are both a good end. */
export async function run(context: CommandContext): Promise<number> {
  const { ports, flags, mask } = context;
  const { stdin, stderr } = ports.terminal;
  const http = httpOptions(flags, stderr);
  const toolsets = toolsetsOf(flags);
  const stop = new AbortController();
  const signals: readonly SignalName[] = ["SIGINT", "SIGTERM", "SIGHUP"];
  const listening = signals
    // Under nohup a hang-up is no end.
    .filter((name) => name !== "SIGHUP" || ports.signals.isIgnored(name) !== true)
    .map((name) => ports.signals.on(name, () => stop.abort()));
  const say = (line: string): void => void stderr.write(`${line}\n`);
  try {
    const app = await context.app();
    if (!http && stdin.kind === "tty") {
      say("Waiting for an MCP client on stdin; Ctrl-D ends it");
    }
    await app.serveMcp(
      {
        toolsets,
        fixtures: switchFlag(flags, "fixtures"),
        ...(http ? { http } : {}),
        reports: {
          warn: (line) => say(`warning: ${mask(line)}`),
          note: (line) => {
            if (switchFlag(flags, "verbose")) say(`mcp: ${oneLine(mask(line))}`);
          },
        },
      },
      stop.signal,
    );
    return exitCodes.done;
  } finally {
    for (const listener of listening) listener[Symbol.dispose]();
  }
}

function toolsetsOf(flags: FlagValues): readonly string[] {
  const names = (filledFlag(flags, "toolsets") ?? "codex").split(",").map((name) => name.trim());
  return names.filter((name) => name !== "");
}

function httpOptions(flags: FlagValues, stderr: OutputStream): McpHttpOptions | undefined {
  const address = filledFlag(flags, "http");
  const tokenFile = filledFlag(flags, "tokenFile");
  if (address === undefined) {
    if (tokenFile === undefined) return undefined;
    throw usageError("--token-file is for --http only", "add --http PORT, or leave it out");
  }
  return {
    ...parseAddress(address),
    ...(tokenFile === undefined ? {} : { tokenFile }),
    onListening: async ({ url, token }) => {
      await stderr.write(listeningText(url, token));
    },
  };
}

/** `8765`, `localhost:8765`, `[::1]:8765`. @throws {HermesError} `usage/invalid` */
function parseAddress(address: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, digits = ""] =
    /^(?:\[([0-9a-f:.]+)\]:|([^:[\]\s/]+):)?(\d{1,5})$/i.exec(address.trim()) ?? [];
  const port = Number(digits);
  if (digits !== "" && port <= 65_535) return { host: bracketed ?? plain ?? defaultHost, port };
  throw usageError(
    `--http expects [HOST:]PORT: ${address}`,
    `pass a port, for example --http ${defaultHost}:8765`,
  );
}

/** Where clients find the server. A token that was made for it is told here and nowhere else: nobody could know it. */
function listeningText(url: string, token: McpToken): string {
  const head = `Serving MCP at ${url}\n`;
  switch (token.origin) {
    case "none":
      return `${head}Whoever is on this machine may use it: nothing but test fixtures is meant to be served like this\n`;
    case "file":
      return `${head}Clients must show the token of --token-file\n`;
    case "variable":
      return `${head}Clients must show the token of HERMES_MCP_TOKEN\n`;
    case "made":
      return [
        head.trimEnd(),
        "Clients must show this token, which holds until the server ends:",
        `  export HERMES_MCP_TOKEN=${token.value}`,
        `  codex mcp add hermes-tools --url ${url} --bearer-token-env-var HERMES_MCP_TOKEN`,
        "",
      ].join("\n");
    default:
      return token satisfies never;
  }
}
