import type { Env, Host, Ports } from "../../../core/ports.ts";
import type { LoginInteraction } from "../../../core/sign_in.ts";
import { printNote } from "../../print.ts";
import { oneLine } from "../../render/plain.ts";

/** Variables of places where the person's browser is on another machine. */
const remoteMarks: readonly string[] = [
  "SSH_CLIENT",
  "SSH_TTY",
  "CLOUD_SHELL",
  "CODESPACES",
  "CODESPACE_NAME",
  "GITPOD_WORKSPACE_ID",
  "REPL_ID",
  "STACKBLITZ",
];

/** Whether the person sits at another machine than this one. */
export function isRemote(env: Env): boolean {
  return remoteMarks.some((name) => (env[name] ?? "") !== "");
}

/**
 * The person's side of a sign-in at a terminal: all of it on stderr, answers from stdin where somebody can type. `manual`
 * is what signs in without a listener.
 */
export function createLoginTalk(
  { terminal, host, env: started }: Pick<Ports, "terminal" | "host" | "env">,
  { env, manual }: { readonly env: Env; readonly manual: string },
): LoginInteraction {
  const say = (text: string): Promise<void> => printNote({ terminal, env: started }, text);
  return {
    async showAddress(url, { port }) {
      await say(`Open this address to sign in:\n\n  ${url}\n`);
      if (port !== undefined && isRemote(env)) {
        await say(tunnelHint(port, { env, host, manual }));
      }
      if (terminal.stdin.kind === "tty") {
        await say(
          port === undefined
            ? "Paste here the address that the browser was sent to, or the code."
            : "Waiting for the browser; or paste here the address that it was sent to, or the code.",
        );
      } else if (port !== undefined) {
        await say(`Waiting for the browser at http://127.0.0.1:${port}`);
      }
    },
    async showCode(code, url) {
      await say(`Open this address and type the code:\n\n  ${url}\n  ${oneLine(code)}\n`);
      await say("Waiting for the confirmation; Ctrl-C cancels.");
    },
    async *pasted(signal) {
      if (terminal.stdin.kind === "null") return;
      const decoder = new TextDecoder();
      let rest = "";
      try {
        for await (const chunk of terminal.stdin.chunks(signal)) {
          const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
          rest = lines.pop() ?? "";
          yield* lines;
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      }
      if (rest !== "" && !signal.aborted) yield rest;
    },
    note: (text) => say(oneLine(text)),
  };
}

function tunnelHint(
  port: number,
  {
    env,
    host,
    manual,
  }: { readonly env: Env; readonly host: Pick<Host, "hostName">; readonly manual: string },
): string {
  const user = env["USER"] || env["LOGNAME"] || "<user>";
  return [
    "This is a remote session: the browser on your machine has to reach this one. There, run",
    "",
    `  ssh -N -L ${port}:127.0.0.1:${port} ${user}@${host.hostName || "<this-host>"}`,
    "",
    `Where that cannot be (Cloud Shell, Codespaces): ${manual}`,
    "",
  ].join("\n");
}
