import type { OptionSyntax } from "./options.ts";

/** A program that runs the command among its arguments. */
export interface Wrapper extends OptionSyntax {
  /** Operands before the command: the duration of `timeout`. */
  readonly operands?: number;
  /** Whether `NAME=value` may stand before the command. */
  readonly takesAssignments?: true;
  /** Options with which nothing is run: `command -v`. */
  readonly inert?: readonly string[];
}

/** The programs that run other programs, and how to find the command in their arguments. */
export const wrappers: Readonly<Record<string, Wrapper>> = {
  builtin: {},
  busybox: {},
  caffeinate: { valued: "tw" },
  chroot: { operands: 1, valuedLong: [] },
  chrt: { operands: 1, valued: "TPDp" },
  command: { inert: ["v", "V"] },
  doas: { valued: "Cu" },
  env: { valued: "uCS", valuedLong: ["--unset", "--chdir"], takesAssignments: true },
  exec: { valued: "a" },
  flock: { valued: "wE", valuedLong: ["--timeout", "--wait"], operands: 1 },
  gosu: { operands: 1 },
  ionice: { valued: "cnpPu" },
  ltrace: { valued: "aeilnopsuFDAw" },
  nice: { valued: "n", valuedLong: ["--adjustment"] },
  nohup: {},
  pkexec: { valuedLong: ["--user"] },
  proxychains: { valued: "f" },
  runuser: { valued: "ugGcsw", valuedLong: ["--user", "--group"] },
  setarch: { operands: 1 },
  setsid: {},
  stdbuf: { valued: "ioe", valuedLong: ["--input", "--output", "--error"] },
  strace: { valued: "abeEIoOpPsSuUX" },
  "su-exec": { operands: 1 },
  sudo: {
    valued: "CDRTUghprtu",
    valuedLong: [
      "--chdir",
      "--chroot",
      "--close-from",
      "--group",
      "--host",
      "--other-user",
      "--prompt",
      "--role",
      "--type",
      "--user",
    ],
    takesAssignments: true,
  },
  "systemd-run": { valued: "pEGHMtu", valuedLong: ["--property", "--setenv", "--unit", "--uid"] },
  taskset: { operands: 1 },
  time: { valued: "fo", valuedLong: ["--format", "--output"] },
  timeout: { valued: "ks", valuedLong: ["--kill-after", "--signal"], operands: 1 },
  toybox: {},
  unbuffer: {},
  unshare: { valued: "SGRw" },
  watch: { valued: "nq", valuedLong: ["--interval"] },
  xargs: {
    valued: "adEILnPs",
    valuedLong: [
      "--arg-file",
      "--delimiter",
      "--max-args",
      "--max-lines",
      "--max-procs",
      "--max-chars",
    ],
  },
};

/** Shells: they run code from an argument, a file or their standard input. */
export const shells: readonly string[] = [
  "ash",
  "bash",
  "csh",
  "dash",
  "fish",
  "ksh",
  "mksh",
  "rbash",
  "sh",
  "tcsh",
  "zsh",
];

/** How an interpreter takes code from its arguments. */
export interface Interpreter extends OptionSyntax {
  /** The options whose value is code. */
  readonly code: readonly string[];
}

const javascript: Interpreter = {
  code: ["e", "p", "--eval", "--print"],
  valued: "rC",
  valuedLong: ["--import", "--loader", "--preload", "--require"],
};

/** Interpreters by their program's name without a version. */
export const interpreters: Readonly<Record<string, Interpreter>> = {
  bun: javascript,
  lua: { code: ["e"], valued: "l" },
  node: javascript,
  nodejs: javascript,
  osascript: { code: ["e"], valued: "l" },
  perl: { code: ["e", "E"], valued: "I" },
  php: { code: ["r"], valued: "dcz" },
  pypy: { code: ["c"], valued: "WX" },
  python: { code: ["c"], valued: "WX" },
  ruby: { code: ["e"], valued: "CEIr" },
};

/** Programs that fetch from other machines. */
export const fetchers: readonly string[] = [
  "aria2c",
  "curl",
  "fetch",
  "http",
  "https",
  "lynx",
  "wget",
  "xh",
];

/** The interpreter behind a name like `python3.12`; undefined when it is none. */
export function interpreterOf(program: string): string | undefined {
  const name = program.replace(/[\d.]+$/, "");
  return Object.hasOwn(interpreters, name) ? name : undefined;
}
