import { HermesError } from "../core/errors.ts";

/** The oldest codex whose app-server speaks what is spoken here. */
const oldest = [0, 125, 0] as const;

export interface CodexVersion {
  /** As codex names it; `unknown` when it does not. */
  readonly text: string;
  /** Whether it is at least that version; unknown ones are taken for new. */
  isAtLeast(major: number, minor: number): boolean;
}

/**
 * The version in a codex's user agent (`hermes/0.169.0 (Debian 12; x86_64)`).
 * @throws {HermesError} `codex/too_old`
 */
export function codexVersion(userAgent: string): CodexVersion {
  const found = /\/(\d+)\.(\d+)\.(\d+)/.exec(userAgent);
  if (!found) return { text: "unknown", isAtLeast: () => true };
  const [major = 0, minor = 0, patch = 0] = found.slice(1).map(Number);
  const text = `${major}.${minor}.${patch}`;
  const version: CodexVersion = {
    text,
    isAtLeast: (otherMajor, otherMinor) =>
      major > otherMajor || (major === otherMajor && minor >= otherMinor),
  };
  if (version.isAtLeast(oldest[0], oldest[1])) return version;
  throw new HermesError(
    "codex/too_old",
    `codex ${text} is too old: at least ${oldest.join(".")} is needed`,
    { hint: "npm install -g @openai/codex" },
  );
}
