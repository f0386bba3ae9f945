import { expect, test } from "bun:test";
import { chmod, chown, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthStore } from "../../src/auth/store.ts";
import { machineFiles } from "../../src/platform/files.ts";
import { createFakeClock } from "../fakes/clock.ts";
import { createFakeFiles } from "../fakes/files.ts";
import { thrown } from "../fakes/thrown.ts";

const path = "/home/me/.hermes/auth.json";
const clock = createFakeClock();
const host = { userId: 1_000 };
const fill = { json: { providers: {}, credential_pool: { p: [{ id: "1" }] } }, result: "done" };

async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "hermes-auth-store-"));
  try {
    await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const real = { files: machineFiles, clock, host: { userId: process.getuid?.() ?? 0 } };

test("a file that is not there has no logins, and reading makes none", async () => {
  const files = createFakeFiles();
  const store = createAuthStore({ files, clock, host }, path);
  expect((await store.read()).json).toEqual({ version: 1, providers: {}, credential_pool: {} });
  expect(files.paths()).toEqual([]);
});

test("what is written is the owner's alone, whatever it was before, and has its time", async () => {
  await inDirectory(async (directory) => {
    const file = join(directory, "home", "auth.json");
    const store = createAuthStore(real, file);
    expect(await store.update(() => fill)).toBe("done");
    const modes = async () => [
      (await stat(file)).mode & 0o777,
      (await stat(join(directory, "home"))).mode & 0o777,
    ];
    expect(await modes()).toEqual([0o600, 0o700]);
    expect(await readFile(file, "utf8")).toBe(
      `${JSON.stringify({ ...fill.json, version: 1, updated_at: "1970-01-01T00:00:00.000+00:00" }, null, 2)}\n`,
    );
    await chmod(file, 0o644);
    expect(await store.warnings()).toEqual([
      `Others can read the logins in ${file}: chmod 600 ${file}`,
    ]);
    await store.update((json) => ({ json: { ...json, more: 1 }, result: undefined }));
    expect(await modes()).toEqual([0o600, 0o700]);
    expect(await store.warnings()).toEqual([]);
  });
});

test("without a change nothing is written", async () => {
  const files = createFakeFiles({ [path]: '{"providers":{}}' });
  files.fail("replaceFile", "/", "EROFS");
  const store = createAuthStore({ files, clock, host }, path);
  expect(await store.update((json) => ({ json, result: 1 }))).toBe(1);
});

test("a symlink stays one, and the file behind it is replaced", async () => {
  await inDirectory(async (directory) => {
    const [link, target] = [join(directory, "auth.json"), join(directory, "kept.json")];
    await writeFile(target, '{"providers":{}}', { mode: 0o600 });
    await symlink(target, link);
    await createAuthStore(real, link).update(() => fill);
    expect(JSON.parse(await readFile(target, "utf8"))).toMatchObject(fill.json);
  });
});

test.each([
  ["is no JSON", "{", "store/invalid"],
  ["is torn in the middle", '{"providers":{"xai-oauth":{"tok', "store/invalid"],
  ["is something else", '{"logins":[]}', "store/invalid"],
] as const)("a file that %s is neither read nor written", async (_name, text, code) => {
  const files = createFakeFiles({ [path]: text });
  const store = createAuthStore({ files, clock, host }, path);
  for (const work of [() => store.read(), () => store.update(() => fill)]) {
    expect(await thrown(work)).toMatchObject({ code });
  }
  expect(files.text(path)).toBe(text);
});

test("a file of a later hermes is read and not written", async () => {
  const text = '{"version":2,"credential_pool":{}}';
  const files = createFakeFiles({ [path]: text });
  const store = createAuthStore({ files, clock, host }, path);
  expect((await store.read()).isNewer).toBe(true);
  const written = store.update(() => fill);
  expect(await thrown(() => written)).toMatchObject({ code: "store/invalid" });
  expect(files.text(path)).toBe(text);
});

test.each(["EACCES", "EIO", "EMFILE", "ENFILE"])(
  "%s while reading is no empty file",
  async (errno) => {
    const text = '{"providers":{}}';
    const files = createFakeFiles({ [path]: text });
    const store = createAuthStore({ files, clock, host }, path);
    files.fail("readText", path, errno);
    for (const work of [() => store.read(), () => store.update(() => fill)]) {
      expect(await thrown(work)).toMatchObject({
        code: "store/unreadable",
        message: `Could not read the logins in ${path}: ${errno}`,
      });
    }
    expect(files.text(path)).toBe(text);
  },
);

test.each([
  ["replaceFile", path, "ENOSPC"],
  ["replaceFile", path, "EIO"],
  ["withLock", `${path}.lock`, "EACCES"],
  ["withLock", `${path}.lock`, "EBUSY"],
  ["makeDirectory", "/home/me/.hermes", "EROFS"],
] as const)(
  "%s of %s failing with %s leaves the file as it was",
  async (operation, where, errno) => {
    const text = '{"providers":{}}';
    const files = createFakeFiles({ [path]: text });
    const store = createAuthStore({ files, clock, host }, path);
    files.fail(operation, where, errno);
    const written = store.update(() => fill);
    expect(await thrown(() => written)).toMatchObject({
      code: "store/unreadable",
      message: `Could not write the logins to ${path}: ${errno}`,
    });
    expect(files.text(path)).toBe(text);
  },
);

test("a file of somebody else's is not written", async () => {
  const files = createFakeFiles({ [path]: '{"providers":{}}' });
  const store = createAuthStore({ files, clock, host: { userId: 7 } }, path);
  const written = store.update(() => fill);
  expect(await thrown(() => written)).toMatchObject({
    code: "store/unreadable",
    message: `The logins are not written: ${path} belongs to user 1000`,
  });
});

test("a directory that everybody can write to is no place for logins", async () => {
  await inDirectory(async (directory) => {
    await chmod(directory, 0o777);
    const written = createAuthStore(real, join(directory, "auth.json")).update(() => fill);
    expect(await thrown(() => written)).toMatchObject({
      message: `The logins are not written: everybody can write to ${directory}`,
    });
  });
});

test.skipIf(process.getuid?.() !== 0)("what root owns is not what a user writes", async () => {
  await inDirectory(async (directory) => {
    const file = join(directory, "auth.json");
    await writeFile(file, '{"providers":{}}');
    await chown(file, 12_345, 12_345);
    const written = createAuthStore(real, file).update(() => fill);
    expect(await thrown(() => written)).toMatchObject({ code: "store/unreadable" });
  });
});

test("changes that come at the same time are all kept", async () => {
  await inDirectory(async (directory) => {
    const file = join(directory, "auth.json");
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        createAuthStore(real, file).update((json) => ({
          json: { ...json, [`n${index}`]: index },
          result: undefined,
        })),
      ),
    );
    const { json } = await createAuthStore(real, file).read();
    expect(Object.keys(json).filter((name) => /^n\d/.test(name))).toHaveLength(20);
  });
});
