/** One long session in one process of the compiled binary, at a terminal that can only print. */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PtyProgram, startInPty } from "../../tests/fakes/pty.ts";
import { answerTo, turnPrefix } from "./long_session_server.ts";

/** The smallest window that contexts are compressed for; they are from 85 % of it on. */
const contextLength = 64_000;

/** Bytes of output of a turn with which a context is full after `turns` of them: four bytes a token. */
export function outputBytesFor(turns: number): number {
  return Math.floor((contextLength * 0.85 * 4) / turns) - 500;
}

/** A home for it, removed in the end. */
export interface LongHome extends Disposable {
  readonly root: string;
  readonly home: string;
  readonly work: string;
}

/** @param compression whether contexts are compressed */
export async function createLongHome(
  baseUrl: string,
  { compression }: { readonly compression: boolean },
): Promise<LongHome> {
  const root = await mkdtemp(join(tmpdir(), "hermes-long-"));
  const [home, work] = [join(root, "home"), join(root, "work")];
  await mkdir(home, { mode: 0o700 });
  await mkdir(work);
  const config = [
    `model: {provider: custom, default: m1, base_url: "${baseUrl}", api_mode: codex_responses, context_length: ${contextLength}}`,
    `compression: {enabled: ${compression}}`,
    "sessions: {auto_title: false}",
  ];
  await writeFile(join(home, "config.yaml"), `${config.join("\n")}\n`);
  return {
    root,
    home,
    work,
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** What the process held after a turn. */
export interface Footprint {
  readonly turn: number;
  readonly residentKb: number;
  readonly descriptors: number;
}

export interface LongRun {
  readonly turns: number;
  readonly onTurn?: (footprint: Footprint) => void;
}

/** Plays the turns one after the other; the footprints after each. @throws {Error} when the process ends or fails */
export async function playLongSession(
  binary: string,
  { home, work, root }: LongHome,
  { turns, onTurn }: LongRun,
): Promise<readonly Footprint[]> {
  const footprints: Footprint[] = [];
  await using chat = startInPty({
    command: [binary],
    cwd: work,
    env: { PATH: process.env["PATH"], HOME: root, HERMES_HOME: home, TERM: "dumb" },
  });
  const ended = chat.exited.then((code): never => {
    throw new Error(`The session ended with ${code}: ${chat.screen().slice(-2_000)}`);
  });
  ended.catch(() => undefined);
  const shown = (text: string): Promise<unknown> => Promise.race([chat.untilShown(text), ended]);
  await shown("/help");
  for (let turn = 1; turn <= turns; turn++) {
    const message = messageOf(turn);
    chat.type(`${message}\n`);
    await shown(answerTo(message));
    const footprint = footprintOf(chat, turn);
    footprints.push(footprint);
    onTurn?.(footprint);
  }
  chat.type("/quit\n");
  await chat.exited;
  return footprints;
}

/** The message of a turn, from 1. */
export function messageOf(turn: number): string {
  return `${turnPrefix}${turn} of the long session`;
}

function footprintOf({ pid }: PtyProgram, turn: number): Footprint {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return {
    turn,
    residentKb: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  };
}
