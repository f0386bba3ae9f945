import type { Conversation } from "../app.ts";
import type { AnswerSchema } from "../app/answer_check.ts";
import type { TurnOutcome } from "../core/event.ts";
import { toHermesError } from "../core/errors.ts";
import type { ContentPart, UserMessage } from "../core/item.ts";
import type { OutputStream } from "../core/ports.ts";
import { approvalMode, canAsk } from "./approval_mode.ts";
import { readImage } from "./attachments.ts";
import type { CommandContext } from "./command.ts";
import { usageError } from "./flags.ts";
import { runGuarded, type Stage } from "./guarded_turn.ts";
import { createKeyApprover } from "./key_approver.ts";
import { writeNamedFile } from "./named_file.ts";
import { createJsonView } from "./render/json_view.ts";
import { styleFor } from "./render/style.ts";
import { TextView } from "./render/text.ts";
import type { TurnView } from "./render/turn_view.ts";
import { readPrompt, type PromptText } from "./stdin_prompt.ts";
import { checkTurnFiles } from "./turn_files.ts";
import type { TurnGuard } from "./turn_guard.ts";
import { conversationOptions, type TurnOptions } from "./turn_options.ts";

/** One turn to run without a person who goes on talking. */
export interface TurnRun {
  readonly source: "cli" | "oneshot";
  /** The argument; undefined or `-`: stdin is the prompt. */
  readonly prompt: string | undefined;
  readonly options: TurnOptions;
  /** Whether dangerous commands are asked about where nothing else is said and somebody is there. */
  readonly asks: boolean;
}

/** Runs one turn, shows it, and resolves with the exit code. */
export async function runTurn(context: CommandContext, run: TurnRun): Promise<number> {
  const { deadlineMs, debug, verbose, ephemeral } = run.options;
  return await runGuarded(context, {
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    debug,
    verbose,
    ...(ephemeral ? {} : { resumeHint: "hermes -c goes on with this session" }),
    createView: (stdout) => createView(context, run, stdout),
    play: (stage) => playTurn(context, run, stage),
  });
}

function createView(context: CommandContext, run: TurnRun, stdout: OutputStream): TurnView {
  const { env, clock, terminal } = context.ports;
  const { json, quiet, verbose } = run.options;
  const { mask } = context;
  if (json) return createJsonView({ stdout, mask, now: () => clock.monotonic() });
  const { stderr } = terminal;
  const isForPeople = run.source === "cli";
  return new TextView(
    { stdout, stderr, style: styleFor(env, stderr), mask },
    {
      quiet,
      verbose,
      streams: isForPeople && stdout.isTty,
      hasFooter: isForPeople || verbose,
    },
  );
}

/** Opens the conversation, runs the turn in it, and closes it again after the end has been shown. */
async function playTurn(
  context: CommandContext,
  run: TurnRun,
  { view, guard, end }: Stage,
): Promise<TurnOutcome> {
  const { files } = context.ports;
  const schema = await checkTurnFiles(files, run.options);
  const images = await readImages(context, run.options.images);
  const { conversation, prompt } = await openAndRead(context, run, {
    schema,
    guard,
  });
  await using _ = conversation;
  await view.opened(conversation);
  await tellNotices(context, { run, view }, prompt.notices);
  const message: UserMessage = {
    type: "user-message",
    id: crypto.randomUUID(),
    parts: [{ type: "text", text: prompt.text }, ...images],
  };
  let outcome: TurnOutcome | undefined;
  for await (const event of conversation.runTurn(message, guard.signal)) {
    if (event.type === "turn-end") outcome = event.outcome;
    else await view.event(event);
  }
  if (!outcome) throw new TypeError("A turn ends with a turn-end");
  if (outcome.status === "interrupted" && guard.failure) throw guard.failure;
  const { lastMessageFile } = run.options;
  if (outcome.status === "completed" && lastMessageFile !== undefined) {
    try {
      const text = outcome.finalText;
      await writeNamedFile(files, lastMessageFile, { text, what: "the final text" });
    } catch (error) {
      await view.answer(outcome.finalText);
      throw error;
    }
  }
  return await end(outcome);
}

/** The images of the flags. @throws {HermesError} `usage/invalid`: nothing has been asked yet */
async function readImages(
  { ports }: CommandContext,
  paths: readonly string[],
): Promise<readonly ContentPart[]> {
  const deps = { files: ports.files, cwd: ports.host.cwd };
  try {
    return await Promise.all(paths.map((path) => readImage(path, deps)));
  } catch (error) {
    const { message, hint } = toHermesError(error);
    throw usageError(message, hint ?? "pass another file with --image", error);
  }
}

/**
 * Opens the conversation while the prompt is read: a missing credential is told at once, not after a silent pipe has
 * been waited for.
 */
async function openAndRead(
  context: CommandContext,
  run: TurnRun,
  { schema, guard }: { readonly schema: AnswerSchema | undefined; readonly guard: TurnGuard },
): Promise<{ readonly conversation: Conversation; readonly prompt: PromptText }> {
  const { clock, terminal } = context.ports;
  const isFromStdin = run.prompt === undefined || run.prompt === "-";
  if (run.options.verbose && isFromStdin) {
    await terminal.stderr.write("Reading the prompt from stdin\n");
  }
  const stop = new AbortController();
  const reading = readPrompt(
    { stdin: terminal.stdin, clock },
    run.prompt,
    AbortSignal.any([guard.signal, stop.signal]),
  );
  const opening = openConversation(context, run, { schema, guard });
  try {
    const [conversation, prompt] = await Promise.all([opening, reading]);
    return { conversation, prompt };
  } catch (error) {
    stop.abort();
    await opening.then(
      (conversation) => conversation[Symbol.asyncDispose](),
      () => undefined,
    );
    throw error;
  }
}

async function openConversation(
  context: CommandContext,
  run: TurnRun,
  { schema, guard }: { readonly schema: AnswerSchema | undefined; readonly guard: TurnGuard },
): Promise<Conversation> {
  const { env, clock, terminal } = context.ports;
  const app = await context.app();
  const { approvals } = await app.config();
  const isThere = canAsk(terminal);
  const approval = approvalMode(
    { flag: run.options.approval, isAttended: run.asks && isThere },
    approvals,
  );
  const style = styleFor(env, terminal.stderr);
  const { mask } = context;
  // A model in the person's place asks the person only where this kind of run does, or where it was said now.
  const isAsked =
    approval === "ask" || (approval === "smart" && (run.asks || run.options.approval === "smart"));
  const person =
    isAsked && isThere
      ? createKeyApprover(
          { terminal, clock, style, mask, onInterrupt: () => guard.ctrlC() },
          approvals.timeout * 1_000,
        )
      : undefined;
  return await app.openConversation({
    ...conversationOptions(run.options),
    source: run.source,
    approval,
    signal: guard.signal,
    ...(run.options.quiet || !terminal.stderr.isTty
      ? {}
      : { onWaiting: (text: string) => void terminal.stderr.write(`${text}\n`) }),
    ...(person === undefined ? {} : { person }),
    ...(schema === undefined ? {} : { outputSchema: schema }),
  });
}

/** Says on stderr how stdin was read, also where stdout carries events. */
async function tellNotices(
  context: CommandContext,
  { run, view }: { readonly run: TurnRun; readonly view: TurnView },
  notices: readonly string[],
): Promise<void> {
  for (const notice of notices) {
    await view.notice("warning", notice);
    if (run.options.json) await context.ports.terminal.stderr.write(`warning: ${notice}\n`);
  }
}
