import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createFileSafety } from "../../src/tools/file_safety.ts";
import { createFakeFiles, type FakeFiles } from "../fakes/files.ts";

const homeDirectory = "/home/anna";
const hermesHome = "/home/anna/.hermes";

function safetyOf(files: FakeFiles, safeRoot?: string) {
  return createFileSafety({
    files,
    homeDirectory,
    hermesHome,
    ...(safeRoot === undefined ? {} : { safeRoot }),
  });
}

const device = "it is a device or a window into a process";
const credentials = "it holds credentials";
const environment = "it holds secrets of an environment";
const system = "it belongs to the system";
const keys = "it holds keys or credentials";
const login = "it holds credentials or runs at the next login";
const memory = "use the tool memory";
const skills = "use the tool skill_manage";
const scripts = "jobs run it when nobody is there, use a command, which the user is asked about";
const own = "only hermes itself writes it";

const cases: readonly (readonly [path: string, read?: string | undefined, write?: string])[] = [
  ["/project/src/main.ts"],
  ["/project/.git/config"],
  ["/home/anna/notes.txt"],
  ["/home/anna/.config/app.toml"],
  ["/home/anna/.sshd"],
  ["/tmp/x"],
  ["/dev/zero", device, device],
  ["/dev/stdin", device, device],
  ["/dev/fd/0", device, device],
  ["/dev", device, device],
  ["/dev/shm/results/x.txt"],
  ["/proc/self/environ", device, device],
  ["/proc/1/fd/0", device, device],
  ["/proc/1/task/1/environ", device, device],
  ["/proc/self/mem", device, device],
  ["/proc/kmsg", device, device],
  ["/proc/meminfo", undefined, system],
  ["/sys/power/state", undefined, system],
  ["/etc/passwd", undefined, system],
  ["/etc", undefined, system],
  ["/etc2/passwd"],
  ["/private/etc/hosts", undefined, system],
  ["/boot/grub.cfg", undefined, system],
  ["/usr/lib/systemd/system/x.service", undefined, system],
  ["/run/docker.sock", undefined, system],
  ["/home/anna/.ssh/id_ed25519", undefined, keys],
  ["/home/anna/.ssh", undefined, keys],
  ["/home/anna/.SSH/id_ed25519", undefined, keys],
  ["/home/anna/.aws/credentials", undefined, keys],
  ["/home/anna/.config/gh/hosts.yml", undefined, keys],
  ["/home/anna/.bashrc", undefined, login],
  ["/home/anna/.netrc", undefined, login],
  ["/project/.netrc"],
  ["/home/anna/.hermes/auth.json", credentials, keys],
  ["/home/anna/.hermes/Auth.json", credentials, keys],
  ["/home/anna/.hermes/mcp-tokens/x.json", credentials, keys],
  ["/project/auth.json"],
  ["/home/anna/.hermes/config.yaml", undefined, own],
  ["/home/anna/.hermes/sessions.db", undefined, own],
  ["/home/anna/.hermes/sessions.db-wal", undefined, own],
  ["/home/anna/.hermes/codex-migration.json", undefined, own],
  ["/home/anna/.hermes/pending/memory/0123abcd.json", undefined, own],
  ["/home/anna/.hermes/memories/MEMORY.md", undefined, memory],
  ["/home/anna/.hermes/memories", undefined, memory],
  ["/home/anna/.hermes/skills/web/deploy/SKILL.md", undefined, skills],
  ["/home/anna/.hermes/Skills/new/SKILL.md", undefined, skills],
  ["/project/skills/deploy/SKILL.md"],
  ["/home/anna/.hermes/scripts/backup.sh", undefined, scripts],
  ["/home/anna/.hermes/cron/jobs.db", undefined, own],
  ["/home/anna/.hermes/cron/output/0123456789ab/a.md", undefined, own],
  ["/project/scripts/build.sh"],
  ["/home/anna/.hermes/results/x.txt"],
  ["/project/config.yaml"],
  ["/project/.env", environment],
  ["/project/.env.production", environment],
  ["/project/.envrc", environment],
  ["/project/.env.example"],
  ["/project/.environment"],
  ["/project/prod.env"],
  ["/home/anna/.env", environment, environment],
  ["/home/anna/.hermes/.env", environment, environment],
  ["/home/anna/project/.env", environment],
];

describe("createFileSafety()", () => {
  test("judges paths as they are named", async () => {
    const safety = safetyOf(createFakeFiles());
    const problem = (path: string, reason: string | undefined): string | undefined =>
      reason === undefined ? undefined : `${path} is off limits: ${reason}`;
    const judged = await Promise.all(
      cases.map(async ([path]) => [
        path,
        await safety.readProblem(path),
        await safety.writeProblem(path),
      ]),
    );
    expect(judged).toEqual(
      cases.map(([path, read, write]) => [path, problem(path, read), problem(path, write)]),
    );
  });

  test("judges what a symlink leads to, also in the middle of a path", async () => {
    const files = createFakeFiles({
      "/home/anna/.hermes/auth.json": "{}",
      "/home/anna/.ssh/authorized_keys": "",
      "/project/.env": "KEY=1",
    });
    files.link("/project/notes.json", "/home/anna/.hermes/auth.json");
    files.link("/project/keys", "/home/anna/.ssh");
    files.link("/project/settings", ".env");
    files.link("/project/again", "/project/keys");
    const safety = safetyOf(files);
    expect(await safety.readProblem("/project/notes.json")).toEndWith(credentials);
    expect(await safety.readProblem("/project/settings")).toEndWith(environment);
    for (const path of [
      "/project/keys/authorized_keys",
      "/project/keys/new",
      "/project/again/a/b/new",
    ]) {
      expect(await safety.writeProblem(path)).toBe(`${path} is off limits: ${keys}`);
    }
  });

  test("guards memory and skills also where they are links to another place", async () => {
    const files = createFakeFiles({ "/dots/notes.md": "", "/dots/skills/a/SKILL.md": "" });
    files.link(`${hermesHome}/memories/MEMORY.md`, "/dots/notes.md");
    files.link(`${hermesHome}/skills`, "/dots/skills");
    const safety = safetyOf(files);
    expect([
      await safety.writeProblem("/dots/notes.md"),
      await safety.writeProblem("/dots/skills/b/SKILL.md"),
      await safety.writeProblem("/dots/other.md"),
    ]).toEqual([
      `/dots/notes.md is off limits: ${memory}`,
      `/dots/skills/b/SKILL.md is off limits: ${skills}`,
      undefined,
    ]);
  });

  test("judges a file by its parents where it is yet to be created", async () => {
    const files = createFakeFiles({ "/project/a.txt": "" });
    files.directory("/etc/cron.d");
    files.link("/project/jobs", "/etc/cron.d");
    const safety = safetyOf(files);
    expect(await safety.writeProblem("/project/jobs/new")).toEndWith(system);
    expect(await safety.writeProblem("/project/new/deep/file.txt")).toBeUndefined();
    expect(await safety.writeProblem("/project/a.txt/below")).toBeUndefined();
  });

  test("refuses what leads through a link to nothing: a write would create what it names", async () => {
    const files = createFakeFiles();
    files.directory("/home/anna/.ssh");
    files.link("/project/innocent", "/home/anna/.ssh/authorized_keys2");
    files.link("/project/loop", "/project/loop");
    const safety = safetyOf(files);
    for (const path of ["/project/innocent", "/project/loop", "/project/loop/file"]) {
      const problem = `${path} leads through a broken symbolic link`;
      expect(await safety.writeProblem(path)).toBe(problem);
      expect(await safety.readProblem(path)).toBe(problem);
    }
  });

  test("guards homes, and what lies in them, under the names that their symlinks lead to", async () => {
    const files = createFakeFiles({ "/dotfiles/bashrc": "", "/data/anna/.ssh/id": "" });
    files.link("/home/anna", "/data/anna");
    files.link("/data/anna/.bashrc", "/dotfiles/bashrc");
    const safety = safetyOf(files);
    expect(await safety.writeProblem("/data/anna/.ssh/id")).toEndWith(keys);
    expect(await safety.writeProblem("/dotfiles/bashrc")).toEndWith(login);
    expect(await safety.readProblem("/data/anna/.hermes/auth.json")).toEndWith(credentials);
    expect(await safety.writeProblem("/data/anna/.env")).toEndWith(environment);
    expect(await safety.writeProblem("/dotfiles/vimrc")).toBeUndefined();
  });

  test("lets only the safe root be written to, where there is one", async () => {
    const files = createFakeFiles({ "/shared/project/a": "", "/shared/projects/a": "" });
    files.link("/project", "/shared/project");
    files.link("/shared/project/out", "/tmp");
    files.directory("/tmp");
    for (const root of ["/shared/project", "/project"]) {
      const safety = safetyOf(files, root);
      const outside = `is off limits: only ${root} may be written to`;
      expect(await safety.writeProblem("/shared/project/a")).toBeUndefined();
      expect(await safety.writeProblem("/project/new/b")).toBeUndefined();
      expect(await safety.writeProblem("/shared/projects/a")).toEndWith(outside);
      expect(await safety.writeProblem("/shared/project/out/x")).toEndWith(outside);
      expect(await safety.readProblem("/shared/projects/a")).toBeUndefined();
    }
    const all = safetyOf(files, "/");
    expect(await all.writeProblem("/shared/projects/a")).toBeUndefined();
    expect(await all.writeProblem("/etc/passwd")).toEndWith(system);
  });

  test("refuses whatever lies below a guarded directory, through however many links", async () => {
    const name = fc.constantFrom("a", "b", "c.txt", ".hidden");
    await fc.assert(
      fc.asyncProperty(
        fc.array(name, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 0, max: 5 }),
        async (names, links) => {
          const files = createFakeFiles();
          files.directory("/home/anna/.ssh");
          files.link("/project/link0", "/home/anna/.ssh");
          for (let index = 1; index <= links; index++) {
            files.link(`/project/link${index}`, `link${index - 1}`);
          }
          const path = `/project/link${links}/${names.join("/")}`;
          expect(await safetyOf(files).writeProblem(path)).toBe(`${path} is off limits: ${keys}`);
        },
      ),
      { seed: 31, numRuns: 50 },
    );
  });
});
