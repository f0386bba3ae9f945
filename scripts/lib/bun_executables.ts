/** Bun's own executables for other machines, taken from the npm registry and checked against package-lock.json. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Bun's name of a target -> the package that has its executable. */
const packages = {
  "darwin-arm64": "@oven/bun-darwin-aarch64",
  "darwin-x64": "@oven/bun-darwin-x64",
  "linux-arm64": "@oven/bun-linux-aarch64",
  "linux-arm64-musl": "@oven/bun-linux-aarch64-musl",
  "linux-x64": "@oven/bun-linux-x64",
  "linux-x64-musl": "@oven/bun-linux-x64-musl",
} as const satisfies Record<string, string>;

const cache = "node_modules/.cache/bun-executables";

/**
 * Path of Bun's executable for `target`, fetched with npm the first time.
 * @throws {Error} for an unknown target, when it cannot be fetched, or is not what the lock file names
 */
export function bunExecutable(target: string): string {
  const name = Object.entries(packages).find(([known]) => known === target)?.[1];
  if (name === undefined) {
    const known = Object.keys(packages).join(", ");
    throw new Error(`Unknown target, expected one of ${known}: ${target}`);
  }
  const { version, integrity } = locked(name);
  const directory = join(cache, `${target}-${version}`);
  if (!existsSync(directory)) fetchPackage(`${name}@${version}`, integrity, directory);
  return join(directory, "package", "bin", "bun");
}

function locked(name: string): { version: string; integrity: string } {
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
    packages: Record<string, { version?: string; integrity?: string }>;
  };
  const { version, integrity } = lock.packages[`node_modules/${name}`] ?? {};
  if (version === undefined || integrity === undefined) {
    throw new Error(`package-lock.json has no version and integrity of ${name}`);
  }
  return { version, integrity };
}

function fetchPackage(specifier: string, integrity: string, directory: string): void {
  console.error(`Fetching ${specifier} with npm pack`);
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, "fetch-"));
  try {
    const packed = run("npm", ["pack", specifier, "--pack-destination", work, "--loglevel=error"]);
    const archive = join(work, packed.trim().split("\n").at(-1) ?? "");
    const actual = `sha512-${createHash("sha512").update(readFileSync(archive)).digest("base64")}`;
    if (actual !== integrity) {
      throw new Error(`${specifier} is not what package-lock.json names: ${actual}`);
    }
    run("tar", ["-xzf", archive, "-C", work]);
    rmSync(archive);
    renameSync(work, directory);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function run(command: string, args: readonly string[]): string {
  const result = spawnSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  if (result.status !== 0) {
    throw new Error(`${command} failed: ${result.error?.message ?? result.stderr.trim()}`);
  }
  return result.stdout;
}
