// Installs the packages of package-lock.json where they are missing. Plain Node 20: it runs before anything else is there.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);

/** The `packages` table of a lock file; undefined when there is no such file, or none that can be read. */
function lockedPackages(path) {
  try {
    return JSON.parse(readFileSync(new URL(path, root), "utf8")).packages;
  } catch {
    return undefined;
  }
}

/**
 * Whether node_modules is what the lock file asks for. npm keeps a lock of its own in node_modules and writes it last, so
 * an interrupted install is seen too. Contents are compared: a checkout gives every file a new time.
 */
function isInstalled() {
  const wanted = lockedPackages("package-lock.json");
  const present = lockedPackages("node_modules/.package-lock.json");
  if (wanted === undefined) throw new Error("Cannot read package-lock.json");
  if (present === undefined) return false;
  const isSame = (name) =>
    present[name]?.version === wanted[name]?.version &&
    present[name]?.integrity === wanted[name]?.integrity;
  // Optional packages are those of other platforms.
  const required = Object.keys(wanted).filter((name) => name !== "" && !wanted[name].optional);
  return required.every(isSame) && Object.keys(present).every(isSame);
}

if (!isInstalled()) {
  process.stderr.write("Installing dependencies with npm ci\n");
  // Bun and Deno put their programs in place with install scripts. Some dependencies ask for a newer Node than is needed
  // here, because they only ever run under Bun: hence errors only.
  const result = spawnSync("npm", ["ci", "--ignore-scripts=false", "--loglevel=error"], {
    cwd: fileURLToPath(root),
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
  });
  if (result.status !== 0) {
    const said = result.error?.message ?? `${result.stdout}${result.stderr}`.trim();
    process.stderr.write(`Cannot install dependencies: npm ci failed\n${said}\n`);
    process.exit(1);
  }
}
