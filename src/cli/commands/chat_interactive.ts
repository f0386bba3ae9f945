import type { App, ConversationOptions } from "../../app.ts";
import type { ContentPart } from "../../core/item.ts";
import type { SignalName } from "../../core/ports.ts";
import { approvalMode } from "../approval_mode.ts";
import { readImage } from "../attachments.ts";
import type { CommandContext } from "../command.ts";
import { exitCodes, signalExitCode } from "../exit_codes.ts";
import { complete } from "../interactive/completion.ts";
import { createPerson } from "../interactive/person.ts";
import { PlainTalk } from "../interactive/plain_talk.ts";
import { openPromptHistory } from "../interactive/prompt_history.ts";
import { RawTalk } from "../interactive/raw_talk.ts";
import { InteractiveSession } from "../interactive/session.ts";
import { slashCommands } from "../interactive/slash_commands.ts";
import { styleFor } from "../render/style.ts";
import { untilInterrupted } from "../until_interrupted.ts";
import { conversationOptions, type TurnOptions } from "../turn_options.ts";

/** How long a session may tidy up when it is left in a hurry, in milliseconds. */
const hurriedCleanupMs = 300;

/** How long a turn may end by itself after SIGTERM or SIGHUP, in milliseconds. */
const cleanupMs = 3_000;

/** `hermes chat` without a prompt: a session at the terminal. */
export async function runInteractiveChat(
  context: CommandContext,
  options: TurnOptions,
): Promise<number> {
  const app = await context.app();
  const { files, host } = context.ports;
  const config = await app.config();
  const attachments = await Promise.all(
    options.images.map((path) => readImage(path, { files, cwd: host.cwd })),
  );
  return await talkAtTerminal(app, context, {
    conversation: {
      ...conversationOptions(options),
      source: "cli",
      approval: approvalMode({ flag: options.approval, isAttended: true }, config.approvals),
    },
    attachments,
    debug: options.debug,
  });
}

interface InteractiveOptions {
  readonly conversation: ConversationOptions;
  /** Go with the first message. */
  readonly attachments: readonly ContentPart[];
  /** Whether errors come with their stack. */
  readonly debug: boolean;
}

/**
 * Talks with the person at the terminal until somebody leaves; resolves with the exit code. `abandon` is called when
 * what still runs must not be waited for.
 * @throws {HermesError} as `App.openConversation` does
 */
async function talkAtTerminal(
  app: App,
  { abandon }: Pick<CommandContext, "abandon">,
  { conversation, attachments, debug }: InteractiveOptions,
): Promise<number> {
  const { clock, files } = app.ports;
  const [config, redactor] = await Promise.all([app.config(), app.redactor()]);
  const history = await openPromptHistory({
    files,
    path: app.paths.historyFile,
    home: app.paths.home,
    redact: (text) => redactor.content(text),
  });
  const mask = (text: string): string => redactor.boundary(text);
  const talk = createTalk(app, conversation.cwd, history.entries);
  const person = createPerson({
    talk,
    clock,
    mask,
    approvalTimeoutMs: config.approvals.timeout * 1_000,
    interruptTurn: () => session.interrupt(),
  });
  const { stderr } = app.ports.terminal;
  const session: InteractiveSession = await untilInterrupted(app.ports, (signal) =>
    InteractiveSession.open(
      { app, talk, mask, history, debug },
      {
        ...conversation,
        signal,
        onWaiting: (text) => void stderr.write(`${text}\n`),
        person,
        ask: (question, asked) => person.ask(question, asked),
      },
    ),
  );
  await talk.open();
  await using _ = talk;
  using signals = listenForSignals(app, talk, session);
  const left = await Promise.race([
    session.run(attachments).then((code) => ({ code, isHurried: false })),
    session.forced.then(() => ({ code: exitCodes.interrupted, isHurried: true })),
    signals.left.then((code) => ({ code, isHurried: true })),
  ]);
  if (left.isHurried) abandon();
  const closing = session[Symbol.asyncDispose]();
  await (left.isHurried ? Promise.race([closing, clock.sleep(hurriedCleanupMs)]) : closing);
  const id = session.resumableId;
  if (id !== undefined) await talk.say(talk.style.dim(`To go on: hermes --resume ${id}`));
  return left.code;
}

function createTalk(app: App, cwd: string, history: readonly string[]): RawTalk | PlainTalk {
  const { clock, env, files, host, terminal } = app.ports;
  const style = styleFor(env, terminal.stdout);
  if ((env["TERM"] ?? "dumb") === "dumb") return new PlainTalk(terminal, style);
  const commands = slashCommands.map((command) => command.name);
  const { homeDirectory } = host;
  return new RawTalk(
    {
      terminal,
      clock,
      style,
      complete: (text, cursor) => complete({ files, cwd, homeDirectory, commands }, text, cursor),
    },
    history,
  );
}

interface SignalWatch extends Disposable {
  /** Resolves with the exit code when a signal ended the session. */
  readonly left: Promise<number>;
}

/** SIGINT is Ctrl-C; SIGTERM and SIGHUP end what runs, and then the session. */
function listenForSignals(
  app: App,
  talk: Pick<RawTalk, "interrupt">,
  session: InteractiveSession,
): SignalWatch {
  const { signals, clock } = app.ports;
  const left = Promise.withResolvers<number>();
  const leave = (name: SignalName): void => {
    Promise.race([session.stop(), clock.sleep(cleanupMs)]).then(
      () => left.resolve(signalExitCode(name)),
      left.reject,
    );
  };
  const subscriptions = [
    signals.on("SIGINT", () => talk.interrupt()),
    signals.on("SIGTERM", () => leave("SIGTERM")),
    signals.on("SIGHUP", () => leave("SIGHUP")),
  ];
  return {
    left: left.promise,
    [Symbol.dispose]() {
      for (const subscription of subscriptions) subscription[Symbol.dispose]();
    },
  };
}
