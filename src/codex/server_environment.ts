import type { Env } from "../core/ports.ts";
import type { ServerEntriesOptions } from "./user_server.ts";

/**
 * Names that codex itself, or every program, goes by: set for the sake of a server, they would change what codex does.
 * Those that codex has already are no such case.
 */
const decisive =
  /^(?:PATH|HOME|SHELL|USER|LOGNAME|PWD|TMPDIR|TMP|TEMP|TERM|TZ|LANG|LC_\w+|IFS|ENV|BASH_ENV|EDITOR|VISUAL|NO_COLOR|LOG_FORMAT|NODE_OPTIONS|(?:LD|DYLD|CODEX|OPENAI|CHATGPT|RUST|HERMES|GIT|SSL|XDG)_\w*|PYTHON\w*|\w+_PROXY)$/i;

/** What the environment of codex holds for its servers, each name with one value. */
export class ServerEnvironment {
  readonly #codexEnv: Env;
  readonly #isOurs: boolean;
  readonly #given = new Map<string, string>();

  constructor({ codexEnv, place }: Pick<ServerEntriesOptions, "codexEnv" | "place">) {
    this.#codexEnv = codexEnv;
    this.#isOurs = place === "thread";
  }

  get variables(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#given);
  }

  /** What one server adds; nothing of it counts before `keep()`. */
  of(server: string): {
    /** Hands a value over under this very name; false where it would be another's, or change codex itself. */
    readonly offer: (name: string, value: string) => boolean;
    /** Hands a value over under a name of ours, which tells the server and the key; resolves to that name. */
    readonly allot: (key: string, value: string) => string;
    readonly keep: () => void;
  } {
    const added = new Map<string, string>();
    const valueOf = (name: string): string | undefined =>
      added.get(name) ?? this.#given.get(name) ?? this.#codexEnv[name];
    return {
      offer: (name, value) => {
        if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return false;
        const held = valueOf(name);
        const isFree = held === undefined && !(this.#isOurs && decisive.test(name));
        if (held !== value && !isFree) return false;
        added.set(name, value);
        return true;
      },
      allot: (key, value) => {
        const stem = `HERMES_MCP_${upper(server)}_${upper(key)}`;
        let name = stem;
        for (let count = 2; (valueOf(name) ?? value) !== value; count++) name = `${stem}_${count}`;
        added.set(name, value);
        return name;
      },
      keep: () => {
        for (const [name, value] of added) this.#given.set(name, value);
      },
    };
  }
}

function upper(text: string): string {
  return text.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_");
}
