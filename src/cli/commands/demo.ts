import { join } from "node:path/posix";
import type { TurnOutcome } from "../../core/event.ts";
import type { UserMessage } from "../../core/item.ts";
import type { FileStore, OutputStream } from "../../core/ports.ts";
import { demoPrompt } from "../../transports/replay/demo.ts";
import type { CommandContext } from "../command.ts";
import { switchFlag } from "../flags.ts";
import { runGuarded, type Stage } from "../guarded_turn.ts";
import { styleFor } from "../render/style.ts";
import { TextView } from "../render/text.ts";
import type { TurnView } from "../render/turn_view.ts";

/**
 * `hermes demo`: a scripted model, and everything else real: the loop, the tools, their files. All of it is shown on
 * stdout. The directory is kept, so that one can look at what was made.
 */
export async function run(context: CommandContext): Promise<number> {
  const directory = await context.ports.files.makeTemporaryDirectory("hermes-demo-");
  return await runGuarded(context, {
    debug: switchFlag(context.flags, "debug"),
    createView: (stdout) => createDemoView(context, directory, stdout),
    play: (stage) => playDemo(context, directory, stage),
  });
}

async function playDemo(
  context: CommandContext,
  directory: string,
  { view, guard, end }: Stage,
): Promise<TurnOutcome> {
  const app = await context.app();
  await using conversation = await app.openConversation({
    source: "demo",
    cwd: directory,
    ephemeral: true,
    approval: "deny",
    allow: [],
    replay: { kind: "demo" },
  });
  await view.opened(conversation);
  const message: UserMessage = {
    type: "user-message",
    id: crypto.randomUUID(),
    parts: [{ type: "text", text: demoPrompt }],
  };
  let outcome: TurnOutcome = { status: "interrupted" };
  for await (const event of conversation.runTurn(message, guard.signal)) {
    if (event.type === "turn-end") outcome = event.outcome;
    else await view.event(event);
  }
  return await end(outcome);
}

/** The transcript of the demo between its own header and the list of what it made. */
function createDemoView(
  { ports, mask }: CommandContext,
  directory: string,
  stdout: OutputStream,
): TurnView {
  const style = styleFor(ports.env, stdout);
  const view = new TextView(
    { stdout, stderr: stdout, style, mask },
    { quiet: false, verbose: true, streams: true, hasFooter: false },
  );
  return {
    async opened() {
      const header = "hermes demo: one whole turn with a scripted model and real tools";
      await stdout.write(
        `${style.bold(header)}\n${style.dim(`No account, no network. Works in ${directory}`)}\n\n` +
          `${style.bold("You:")} ${demoPrompt}\n\n`,
      );
    },
    notice: (level, text) => view.notice(level, text),
    event: (event) => view.event(event),
    answer: (text) => view.answer(text),
    async end(outcome) {
      await view.end(outcome);
      if (outcome.status !== "completed") return;
      const made = await filesUnder(ports.files, directory);
      const lines = made.map(({ path, size }) => `  ${path}  ${style.dim(`${size} bytes`)}\n`);
      await stdout.write(
        `\n${style.bold("Files it made")} (kept):\n${lines.join("")}\n` +
          `Next: choose a model with hermes model set MODEL --provider NAME, then hermes -z 'PROMPT'\n`,
      );
    },
  };
}

interface MadeFile {
  readonly path: string;
  readonly size: number;
}

async function filesUnder(files: FileStore, directory: string): Promise<readonly MadeFile[]> {
  const made: MadeFile[] = [];
  for (const entry of await files.list(directory)) {
    const path = join(directory, entry.name);
    if (entry.kind === "directory") made.push(...(await filesUnder(files, path)));
    else made.push({ path, size: (await files.linkStat(path))?.size ?? 0 });
  }
  return made.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
