/** The real codex programs that the tests run against: the oldest and the newest version that are supported. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export interface CodexBinary {
  /** `0.169.0`. */
  readonly version: string;
  /** The native program, without the launcher of its package. */
  readonly path: string;
}

/** Where the package of a platform keeps its program: the folder is named after Rust's target. */
const targets: Readonly<Record<string, string>> = {
  "linux-x64": "x86_64-unknown-linux-musl",
  "linux-arm64": "aarch64-unknown-linux-musl",
  "darwin-x64": "x86_64-apple-darwin",
  "darwin-arm64": "aarch64-apple-darwin",
};

/** Oldest first. Importing this fails where one of them is not installed. */
export const codexVersions: readonly CodexBinary[] = ["codex-oldest", "codex-newest"].map(find);

function find(packageName: string): CodexBinary {
  const platform = `${process.platform}-${process.arch}`;
  const target = targets[platform];
  if (target === undefined) throw new Error(`There is no codex for this platform: ${platform}`);
  const manifest = resolve(import.meta.url, `${packageName}/package.json`);
  // Two versions of the platform's package are installed: each is found from its own owner.
  const vendor = manifest && resolve(manifest, `@openai/codex-${platform}/package.json`);
  const path =
    vendor &&
    ["bin", "codex"]
      .map((folder) => join(dirname(vendor), "vendor", target, folder, "codex"))
      .find((candidate) => existsSync(candidate));
  if (!manifest || !path) {
    throw new Error(`${packageName} is not installed for ${platform}: run npm install`);
  }
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly version: string };
  return { version, path };
}

function resolve(from: string, specifier: string): string | undefined {
  try {
    return createRequire(from).resolve(specifier);
  } catch {
    return undefined;
  }
}
