/** A program in a pseudo-terminal, as a person would run it. */
export interface PtyProgram extends AsyncDisposable {
  readonly pid: number;
  /** All that was shown, escape sequences included. */
  screen(): string;
  /** Resolves when `text` was shown behind what an earlier call found; rejects when the program ends without it. */
  untilShown(text: string): Promise<void>;
  type(text: string): void;
  resize(columns: number): void;
  readonly exited: Promise<number>;
}

export interface PtyOptions {
  readonly command: readonly string[];
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/** Starts a program in a terminal of `columns` (80 where absent) by 24 cells. */
export function startInPty({ command, columns = 80, env, cwd }: PtyOptions): PtyProgram {
  let screen = "";
  let seen = 0;
  const watchers = new Set<() => void>();
  const decoder = new TextDecoder();
  const child = Bun.spawn([...command], {
    env: env ?? process.env,
    ...(cwd === undefined ? {} : { cwd }),
    terminal: {
      cols: columns,
      rows: 24,
      data(_, data) {
        screen += decoder.decode(data, { stream: true });
        for (const check of watchers) check();
      },
    },
  });
  const { terminal } = child;
  if (!terminal) throw new TypeError("The program was started without its terminal");
  return {
    pid: child.pid,
    exited: child.exited,
    screen: () => screen,
    type: (text) => terminal.write(text),
    resize: (next) => terminal.resize(next, 24),
    untilShown(text) {
      return new Promise((resolve, reject) => {
        const check = (): void => {
          const at = screen.indexOf(text, seen);
          if (at < 0) return;
          seen = at + text.length;
          watchers.delete(check);
          resolve();
        };
        watchers.add(check);
        void child.exited.then((code) => {
          check();
          const shown = JSON.stringify(screen.slice(seen));
          reject(new Error(`It ended with ${code} and did not show ${text}, but ${shown}`));
        });
        check();
      });
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
      terminal.close();
    },
  };
}
