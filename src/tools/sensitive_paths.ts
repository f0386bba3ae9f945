/**
 * Places that a program has no business writing to unasked, as data for the judgement of commands and for the file
 * tools. Paths are absolute, or relative to the home they belong to; all in lower case.
 */

/** Directories whose loss takes the machine or its users' work with it. */
export const vitalDirectories: readonly string[] = [
  "/",
  "/applications",
  "/bin",
  "/boot",
  "/dev",
  "/etc",
  "/home",
  "/lib",
  "/lib32",
  "/lib64",
  "/library",
  "/opt",
  "/private",
  "/private/etc",
  "/private/var",
  "/proc",
  "/root",
  "/run",
  "/sbin",
  "/srv",
  "/sys",
  "/system",
  "/users",
  "/usr",
  "/usr/bin",
  "/usr/lib",
  "/usr/lib64",
  "/usr/local",
  "/usr/sbin",
  "/usr/share",
  "/var",
  "/var/lib",
];

/** Files of the user's home that hold secrets or run at the next login. */
export const sensitiveHomeFiles: readonly string[] = [
  ".bash_login",
  ".bash_logout",
  ".bash_profile",
  ".bashrc",
  ".git-credentials",
  ".netrc",
  ".npmrc",
  ".pgpass",
  ".profile",
  ".pypirc",
  ".zlogin",
  ".zprofile",
  ".zshenv",
  ".zshrc",
];

/** Directories of the user's home that hold keys and credentials. */
export const sensitiveHomeDirectories: readonly string[] = [
  ".aws",
  ".azure",
  ".config/gcloud",
  ".config/gh",
  ".docker",
  ".gnupg",
  ".kube",
  ".ssh",
];

/** Files of the hermes home that hold credentials: neither read nor written. */
export const hermesSecretFiles: readonly string[] = [
  ".anthropic_oauth.json",
  "auth.json",
  "auth.lock",
  "cron/webhook.key",
  "webhook_subscriptions.json",
];

/** Directories of the hermes home that hold credentials. */
export const hermesSecretDirectories: readonly string[] = ["mcp-tokens", "pairing"];

/** Files and directories of the hermes home that only hermes itself writes. */
export const hermesOwnFiles: readonly string[] = [
  "codex-migration.json",
  "config.yaml",
  "cron",
  "sessions.db",
  "sessions.db-shm",
  "sessions.db-wal",
];

/**
 * Directories of the hermes home with what later sessions follow, or jobs run; tools of their own scan and limit what is
 * put into most of them.
 */
export const hermesGuardedDirectories = {
  memory: "memories",
  pending: "pending",
  scripts: "scripts",
  skills: "skills",
} as const;

/** Whether a file name is that of an environment file: `.env`, `.env.local`, `.envrc`. */
export function isEnvFileName(name: string): boolean {
  return /^\.env(?:rc|\..+)?$/i.test(name);
}
