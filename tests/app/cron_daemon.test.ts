import { expect, test } from "bun:test";
import { asDaemon, findDaemon } from "../../src/app/cron_daemon.ts";
import { createFakeApp, createFakePorts } from "../fakes/app.ts";
import { createFakeFiles } from "../fakes/files.ts";
import { thrown } from "../fakes/thrown.ts";

const never = new AbortController().signal;

function rig() {
  const files = createFakeFiles();
  const none = (): never => {
    throw new Error("Not used here");
  };
  const app = {
    ...createFakeApp(createFakePorts({ files, env: { HERMES_HOME: "/h" } })),
    loadedConfig: none,
    warnings: none,
    secretNames: none,
    allowAlways: none,
    renewed: none,
    creditRests: new Map(),
  };
  return { app, files };
}

test("asDaemon() says which process it is for as long as it works, however that ends", async () => {
  const { app, files } = rig();
  expect(await findDaemon(app)).toBeUndefined();
  let seen: string | undefined;
  const work = async (): Promise<void> => {
    seen = files.text("/h/cron/daemon.json");
    throw new Error("no more");
  };
  expect(await asDaemon(app, work, never).catch(String)).toBe("Error: no more");
  expect([seen, files.text("/h/cron/daemon.json"), await findDaemon(app)]).toEqual([
    '{"pid":1,"startedAt":0}\n',
    undefined,
    undefined,
  ]);
});

test.each([
  ["makeDirectory", "ENOSPC", "store/full"],
  ["withLock", "EACCES", "store/unreadable"],
  ["replaceFile", "ENOSPC", "store/full"],
] as const)("asDaemon() fails when %s gives %s", async (operation, errno, code) => {
  const { app, files } = rig();
  files.fail(operation, "/h", errno);
  const begun: string[] = [];
  const work = async (): Promise<void> => void begun.push("begun");
  const error = await thrown(() => asDaemon(app, work, never));
  expect([error.code, begun]).toEqual([code, []]);
});
