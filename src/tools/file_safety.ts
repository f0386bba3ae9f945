import { basename, dirname, join } from "node:path/posix";
import type { FileStore } from "../core/ports.ts";
import {
  hermesGuardedDirectories,
  hermesOwnFiles,
  hermesSecretDirectories,
  hermesSecretFiles,
  isEnvFileName,
  sensitiveHomeDirectories,
  sensitiveHomeFiles,
} from "./sensitive_paths.ts";

export interface FileSafetyDeps {
  readonly files: Pick<FileStore, "realPath" | "linkStat">;
  readonly homeDirectory: string;
  readonly hermesHome: string;
  /** The one tree that may be written to, where the user set one (HERMES_WRITE_SAFE_ROOT); absolute. */
  readonly safeRoot?: string;
}

/**
 * Guards of the file tools: what must not be read or written whatever the model was told. Paths are judged as they are
 * named and with their symlinks resolved. A second line of defence: a shell command can still reach what is refused
 * here.
 */
export interface FileSafety {
  /** Why an absolute path must not be read, or undefined. */
  readProblem(path: string): Promise<string | undefined>;
  /** Why an absolute path must not be written, created or removed, or undefined. */
  writeProblem(path: string): Promise<string | undefined>;
}

/** Trees that the system itself lives in. */
const systemTrees = ["/etc", "/private/etc", "/boot", "/usr/lib/systemd", "/lib/systemd"];
/** Trees in which a file is a switch of the kernel or a window into a process. */
const kernelTrees = ["/proc", "/sys"];
const dockerSockets = ["/var/run/docker.sock", "/run/docker.sock"];

/** A place, and why it is guarded. Paths come in lower case: some file systems do not tell the cases apart. */
interface Rule {
  readonly reason: string;
  covers(path: string): boolean;
}

interface Rules {
  readonly read: readonly Rule[];
  readonly write: readonly Rule[];
  readonly safeRoot: string | undefined;
}

export function createFileSafety(deps: FileSafetyDeps): FileSafety {
  let rules: Promise<Rules> | undefined;
  const judge = async (path: string, kind: "read" | "write"): Promise<string | undefined> => {
    rules ??= collectRules(deps);
    const { [kind]: guards, safeRoot } = await rules;
    const target = await resolve(deps.files, path);
    if (target === undefined) return `${path} leads through a broken symbolic link`;
    const rule = guards.find((one) =>
      [path, target].some((place) => one.covers(place.toLowerCase())),
    );
    if (rule) return `${path} is off limits: ${rule.reason}`;
    const isOutside = safeRoot !== undefined && !isInOneOf(target, [safeRoot]);
    return kind === "write" && isOutside
      ? `${path} is off limits: only ${deps.safeRoot} may be written to`
      : undefined;
  };
  return {
    readProblem: (path) => judge(path, "read"),
    writeProblem: (path) => judge(path, "write"),
  };
}

async function collectRules({
  files,
  homeDirectory,
  hermesHome,
  safeRoot,
}: FileSafetyDeps): Promise<Rules> {
  // Homes, and what lies in them, are often symlinks themselves: to another disk, or into a repository of dotfiles.
  const allNames = async (home: string, names: readonly string[]): Promise<readonly string[]> => {
    const homes = new Set([home, (await resolve(files, home)) ?? home]);
    const named = [...homes].flatMap((base) => names.map((name) => join(base, name)));
    const targets = await Promise.all(named.map((path) => linkTarget(files, path)));
    return [...named, ...targets.filter((path) => path !== undefined)].map((path) =>
      path.toLowerCase(),
    );
  };
  const credentials = [
    ...(await allNames(hermesHome, hermesSecretFiles)),
    ...(await allNames(hermesHome, hermesSecretDirectories)),
  ];
  const keys = await allNames(homeDirectory, sensitiveHomeDirectories);
  const loginFiles = await allNames(homeDirectory, sensitiveHomeFiles);
  const { memory, pending, scripts, skills } = hermesGuardedDirectories;
  const ownFiles = await allNames(hermesHome, [...hermesOwnFiles, pending]);
  const memories = [memory, `${memory}/MEMORY.md`, `${memory}/USER.md`];
  const homes = new Set([
    ...(await allNames(homeDirectory, ["."])),
    ...(await allNames(hermesHome, ["."])),
  ]);
  const environment = "it holds secrets of an environment";
  const device = { reason: "it is a device or a window into a process", covers: isDevice };
  return {
    read: [
      device,
      tree("it holds credentials", credentials),
      { reason: environment, covers: holdsEnvironment },
    ],
    write: [
      device,
      tree("it belongs to the system", [...systemTrees, ...kernelTrees, ...dockerSockets]),
      tree("it holds keys or credentials", [...credentials, ...keys]),
      tree("it holds credentials or runs at the next login", loginFiles),
      tree("only hermes itself writes it", ownFiles),
      tree("use the tool memory", await allNames(hermesHome, memories)),
      tree("use the tool skill_manage", await allNames(hermesHome, [skills])),
      tree(
        "jobs run it when nobody is there, use a command, which the user is asked about",
        await allNames(hermesHome, [scripts]),
      ),
      {
        reason: environment,
        covers: (path) => holdsEnvironment(path) && homes.has(dirname(path)),
      },
    ],
    safeRoot: safeRoot === undefined ? undefined : ((await resolve(files, safeRoot)) ?? safeRoot),
  };
}

function tree(reason: string, roots: readonly string[]): Rule {
  return { reason, covers: (path) => isInOneOf(path, roots) };
}

function isDevice(path: string): boolean {
  // Shared memory is a directory like /tmp.
  if (isInOneOf(path, ["/dev"])) return !isInOneOf(path, ["/dev/shm"]);
  return /^\/proc\/(?:kmsg|kcore|[^/]+\/(?:task\/[^/]+\/)?(?:fd|environ|mem|maps|cmdline|auxv))(?:\/|$)/.test(
    path,
  );
}

/** Environment files, but not the templates that are meant to be read. */
function holdsEnvironment(path: string): boolean {
  const name = basename(path);
  return isEnvFileName(name) && !/\.(?:example|sample|template|dist)$/.test(name);
}

function isInOneOf(path: string, trees: readonly string[]): boolean {
  return trees.some((root) => path === root || path.startsWith(root === "/" ? root : `${root}/`));
}

async function linkTarget(
  files: FileSafetyDeps["files"],
  path: string,
): Promise<string | undefined> {
  const link = await files.linkStat(path).catch(() => undefined);
  return link?.kind === "symlink" ? await resolve(files, path) : undefined;
}

/**
 * The path with its symlinks resolved, as far as it exists: a file that is to be created has a real parent. Undefined
 * behind a link that leads nowhere, because a write would follow it.
 */
async function resolve(files: FileSafetyDeps["files"], path: string): Promise<string | undefined> {
  const names: string[] = [];
  for (let existing = path; ; existing = dirname(existing)) {
    const real = await files.realPath(existing).catch(() => undefined);
    if (real !== undefined) return join(real, ...names);
    if (existing === dirname(existing)) return path;
    const link = await files.linkStat(existing).catch(() => undefined);
    if (link?.kind === "symlink") return undefined;
    names.unshift(basename(existing));
  }
}
