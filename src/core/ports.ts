/** The environment as it was at the start: a value, never read again. */
export type Env = Readonly<Record<string, string | undefined>>;

/** `fetch` as the platform has it. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

export interface Clock {
  /** ms since epoch. */
  now(): number;
  /** Minutes by which the user's time zone is ahead of UTC at a moment, given in ms since epoch. */
  utcOffset(at: number): number;
  /** ms that only grow, for durations. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface FileStat {
  readonly kind: "file" | "directory" | "symlink" | "other";
  readonly size: number;
  readonly mode: number;
  readonly modifiedAt: number;
  /** The user id that owns it. */
  readonly owner: number;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly kind: FileStat["kind"];
}

/**
 * Files of the machine. Paths are absolute. Failures are the operating system's errors, with their errno name in
 * `code` (see `errnoOf`).
 */
export interface FileStore {
  readBytes(path: string): Promise<Uint8Array>;
  /** Decoded as UTF-8, malformed bytes replaced; a byte order mark stays. */
  readText(path: string): Promise<string>;
  /** Chunks from `offset` on; closes the file when the iteration ends early. */
  readChunks(path: string, options?: { readonly offset?: number }): AsyncIterable<Uint8Array>;
  /**
   * Old or new, never torn: temporary file beside it, fsync, rename. Keeps the mode of an existing file unless
   * `isModeFixed`, follows a symlink; what is a pipe or a device is written to, not replaced. `lastCheck` runs when
   * nothing but the rename is left: what it throws leaves the file as it is.
   */
  replaceFile(
    path: string,
    data: string | Uint8Array,
    options?: {
      readonly mode?: number;
      readonly isModeFixed?: true;
      readonly lastCheck?: () => Promise<void>;
    },
  ): Promise<void>;
  appendFile(
    path: string,
    data: string | Uint8Array,
    options?: { readonly mode?: number },
  ): Promise<void>;
  /** Follows symlinks; undefined when absent. */
  stat(path: string): Promise<FileStat | undefined>;
  /** Of the link itself; undefined when absent. */
  linkStat(path: string): Promise<FileStat | undefined>;
  /** With every symlink resolved. */
  realPath(path: string): Promise<string>;
  list(path: string): Promise<readonly DirectoryEntry[]>;
  /** With its parents; the created ones, outermost first. */
  makeDirectory(path: string, options?: { readonly mode?: number }): Promise<readonly string[]>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string, options?: { readonly recursive?: boolean }): Promise<void>;
  /**
   * Runs `work` while nobody else, in any process, runs some with the same lock file; the lock ends with its process. The
   * file is made where it is absent, and stays. Fails with `EBUSY` after `patienceMs` of waiting (10 s where absent).
   */
  withLock<T>(path: string, work: () => Promise<T>, patienceMs?: number): Promise<T>;
  /** A new directory of its own in the machine's temporary place. */
  makeTemporaryDirectory(prefix: string): Promise<string>;
}

export interface SpawnRequest {
  /** A program on PATH or an absolute path. */
  readonly program: string;
  readonly arguments: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: "null" | "pipe";
  /** It is not ended with this process. */
  readonly outlivesUs?: true;
}

export interface ExitStatus {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
}

/** A running program, leader of its own process group. */
export interface ChildProcess {
  readonly pid: number;
  /** Back-pressured: what is not read is not buffered beyond the pipe. */
  readonly stdout: AsyncIterable<Uint8Array>;
  readonly stderr: AsyncIterable<Uint8Array>;
  /** Resolves when the leader has ended, even if others of its group still hold the pipes. */
  readonly exited: Promise<ExitStatus>;
  write(data: string | Uint8Array): Promise<void>;
  closeStdin(): void;
  /** Signals the whole group; true when there was one. */
  killGroup(signal: "SIGINT" | "SIGTERM" | "SIGKILL"): boolean;
  /** Whether anybody of the group is left, who may outlive the leader. */
  hasGroup(): boolean;
  /** Stops reading and frees the pipes. */
  abandon(): void;
}

export interface Spawner {
  /** @throws the operating system's error (`ENOENT`, `EACCES`) */
  spawn(request: SpawnRequest): Promise<ChildProcess>;
  /** Absolute path of a program on `env.PATH`, or undefined. */
  find(program: string): Promise<string | undefined>;
  /** Lends the terminal to a program (an editor) until it ends. @throws the operating system's error */
  runInForeground(request: Omit<SpawnRequest, "stdin">): Promise<ExitStatus>;
}

/** Other processes of this machine, as far as the system shows them. */
export interface ProcessTable {
  /** Tells these processes from those of a container, which has numbers of its own; undefined where nobody knows. */
  name(): Promise<string | undefined>;
  /** Tells a process from a later one with the same number; undefined when none is running. */
  startOf(pid: number): Promise<string | undefined>;
  /** Running processes of this user that were started with `name=value` in their environment; none where it is hidden. */
  withVariable(name: string, value: string): Promise<readonly number[]>;
  /** Ends one at once; false when there was none. */
  kill(pid: number): boolean;
}

export interface OutputStream {
  readonly isTty: boolean;
  /** Cells of a line; undefined without a TTY. */
  columns(): number | undefined;
  /** Resolves when the system has taken it; never throws for a reader that went away, see `isClosed`. */
  write(text: string): Promise<void>;
  /** Whether the reader went away (EPIPE). */
  isClosed(): boolean;
}

export interface InputStream {
  /** `null`: /dev/null or closed. */
  readonly kind: "tty" | "file" | "pipe" | "null";
  /** Bytes up to the end; each chunk once. */
  chunks(signal?: AbortSignal): AsyncIterable<Uint8Array>;
}

/** The person's terminal, or the pipes and files in its place. */
export interface Terminal {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Raw keyboard input (TTY only): byte sequences as typed; cooked mode is restored when the iteration ends. */
  keys(signal: AbortSignal): AsyncIterable<string>;
  /** Stops this process, in cooked mode, as Ctrl-Z does; resolves when its shell has continued it. */
  suspend(): Promise<void>;
  /** Calls back when the window's size changes. */
  onResize(callback: () => void): Disposable;
  /**
   * From here on nothing but `stdout.write` prints to stdout: what the console and libraries print goes to stderr.
   * For a stdout that carries a protocol; there is no way back.
   */
  reserveStdout(): void;
}

export type SignalName = "SIGINT" | "SIGTERM" | "SIGHUP";

/** Signals sent to this process. */
export interface SignalSource {
  on(signal: SignalName, callback: () => void): Disposable;
  /**
   * Whether a signal is ignored, as nohup(1) has it for SIGHUP: whoever listens to it would undo that. Undefined where the
   * system does not tell.
   */
  isIgnored(signal: SignalName): boolean | undefined;
}

/** One HTTP request to a loopback listener, without a body. */
export interface LoopbackRequest {
  readonly method: string;
  /** As it was sent: path and query, not decoded. */
  readonly target: string;
  /** Names in lower case; of a repeated one the values with `, ` between them. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface LoopbackReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A web server on 127.0.0.1 for a browser's way back. Slow and huge requests end by themselves; closing it frees the port. */
export interface LoopbackListener extends AsyncDisposable {
  readonly port: number;
}

export interface Loopback {
  /**
   * Listens on 127.0.0.1, on a port that the system chooses where the preferred one is taken.
   * @throws the operating system's error
   */
  listen(
    preferredPort: number,
    answer: (request: LoopbackRequest) => LoopbackReply,
  ): Promise<LoopbackListener>;
}

/** A web server that others talk to; closing it ends what is under way and frees the port. */
export interface WebListener extends AsyncDisposable {
  readonly port: number;
}

/** Web servers for programs, with bodies that stream both ways. */
export interface WebServer {
  /**
   * Listens on an address of this machine; port 0 is one that the system chooses. `answer` never rejects; the signal of
   * its request aborts when the client goes away before the whole answer was sent.
   * @throws the operating system's error
   */
  listen(
    address: { readonly host: string; readonly port: number },
    answer: (request: Request) => Promise<Response>,
  ): Promise<WebListener>;
}

/** Names of the network. */
export interface Resolver {
  /** The IP addresses behind a name, an address itself for one. @throws the operating system's error (`ENOTFOUND`) */
  addressesOf(host: string): Promise<readonly string[]>;
}

export interface Browser {
  /** Whether a graphical browser can be expected to open. */
  isLikely(): Promise<boolean>;
  /** Opens an https address in the person's browser; false when that could not be started. */
  open(url: string): Promise<boolean>;
}

/** Facts of the machine and the process that do not change. */
export interface Host {
  /** The user's home directory. */
  readonly homeDirectory: string;
  readonly temporaryDirectory: string;
  readonly cwd: string;
  /** `linux`, `darwin`, ... */
  readonly operatingSystem: string;
  readonly architecture: string;
  readonly pid: number;
  readonly userId: number;
  readonly hostName: string;
  readonly version: string;
  /** What starts this program again, its name first; absent where it is a part of somebody else's. */
  readonly program?: readonly string[];
}

/** Everything the program needs of the outside, entered at one door. */
export interface Ports {
  readonly env: Env;
  readonly host: Host;
  readonly clock: Clock;
  readonly files: FileStore;
  readonly spawner: Spawner;
  readonly processes: ProcessTable;
  readonly terminal: Terminal;
  readonly signals: SignalSource;
  readonly fetch: Fetch;
  readonly resolver: Resolver;
  readonly loopback: Loopback;
  readonly webServer: WebServer;
  readonly browser: Browser;
}
