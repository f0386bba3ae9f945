import { expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createCronHome } from "../../fakes/cron_home.ts";
import { createJob } from "../../fakes/job.ts";
import { callTool, textAnswer } from "../../fakes/server_steps.ts";
import { until } from "../../fakes/until.ts";

const nobody = (): void => undefined;
const hasSystemd = Bun.which("systemd-notify") !== null && Bun.which("python3") !== null;

/** Prints the datagrams that come to a socket, a line each. */
const listener = `
import os, socket, sys
place = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
place.bind(sys.argv[1])
print("listening", flush=True)
while True:
    data, handles, _, _ = socket.recv_fds(place, 4096, 4)
    for handle in handles: os.close(handle)
    for line in data.decode().splitlines(): print(line, flush=True)
`;

test.skipIf(!hasSystemd)(
  "the service manager hears when the daemon is ready, lives and stops",
  async () => {
    await using home = await createCronHome();
    const socket = join(home.directory, "notify");
    const child = spawn("python3", ["-c", listener, socket], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let heard = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      heard += text;
    });
    const says = (part: string) => until(() => heard.includes(part));
    try {
      await says("listening");
      const desk = await home.start({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: "200000" }).cron();
      const stop = new AbortController();
      const daemon = desk.daemon(stop.signal, nobody);
      await says("READY=1\n");
      await says("WATCHDOG=1\n");
      stop.abort();
      await Promise.all([daemon, says("STOPPING=1\n")]);
      expect(heard).toContain(`MAINPID=${process.pid}\n`);
    } finally {
      child.kill();
    }
  },
);

test("a daemon runs a job that is added while it sleeps, and survives one that is removed while it runs", async () => {
  await using home = await createCronHome();
  await home.write(
    ".hermes/scripts/wait.sh",
    "touch began; until [ -e go ]; do sleep 0.02; done\n",
  );
  await home.write(".hermes/scripts/hi.sh", "echo hi\n");
  const desk = await home.start().cron();
  const stop = new AbortController();
  const seen: string[] = [];
  const daemon = desk.daemon(stop.signal, ({ name }, { status }) => {
    seen.push(`${name} ${status}`);
    if (seen.length === 2) stop.abort();
  });
  const workdir = home.directory;
  const removed = createJob({
    id: "a",
    name: "removed",
    task: { script: "wait.sh", withAgent: false, workdir },
  });
  await desk.store.add(removed);
  await until(() => existsSync(join(workdir, "began")));
  await desk.store.remove("a");
  await home.write("go", "");
  await desk.store.add(
    createJob({ id: "b", name: "later", task: { script: "hi.sh", withAgent: false } }),
  );
  await daemon;
  expect([seen, await desk.store.running()]).toEqual([["removed silent", "later completed"], []]);
});

/** Whoever runs beside it writes while it sleeps. */
const aloneIn = (directory: string): string => `cd '${directory}'
if [ ! -e began ]; then while :; do echo >>began; sleep 0.01; done; fi
before=$(wc -l <began)
sleep 0.3
if [ "$before" -eq "$(wc -l <began)" ]; then echo alone >how; else echo beside another one >how; fi
echo done
`;

/** Starts a daemon in a process of its own, and kills it when something is there. Its pid. */
async function killedAt(directory: string, place: string): Promise<number | undefined> {
  const program = join(import.meta.dirname ?? "", "daemon_program.ts");
  const child = spawn(process.execPath, [program, join(directory, ".hermes")], {
    stdio: "ignore",
  });
  const gone = once(child, "close");
  await until(() => existsSync(join(directory, place)));
  child.kill("SIGKILL");
  await gone;
  return child.pid;
}

test("what a killed daemon left of a delivery is ended before its single time is run again", async () => {
  await using home = await createCronHome();
  const { directory } = home;
  await home.write(".hermes/scripts/hi.sh", "echo hi\n");
  const desk = await home.start().cron();
  const task = { script: "hi.sh", withAgent: false };
  const deliver = [{ kind: "command", command: aloneIn(directory) }] as const;
  await desk.store.add(createJob({ task, deliver }));
  await killedAt(directory, "began");
  const runs = await desk.tick(new AbortController().signal, nobody);
  const statuses = runs.map(({ status }) => status).toSorted((a, b) => a.localeCompare(b));
  expect([statuses, await home.read("how")]).toEqual([["completed", "lost"], "alone\n"]);
});

test.each([
  ["a script", { script: "alone.sh", withAgent: false }],
  ["a command of its agent", { prompt: "Run it" }],
])(
  "what a killed daemon left of %s is ended before its single time is run again",
  async (_what, task) => {
    let directory = "";
    await using home = await createCronHome([
      ({ body }) =>
        JSON.stringify(body).includes("function_call_output")
          ? textAnswer("done")
          : callTool("terminal", { command: aloneIn(directory) }),
    ]);
    directory = home.directory;
    await home.write(".hermes/scripts/alone.sh", aloneIn(directory));
    const desk = await home.start().cron();
    await desk.store.add(
      createJob({ task, deliver: [{ kind: "file", path: join(directory, "told") }] }),
    );
    const pid = await killedAt(directory, "began");
    const runs = await desk.tick(new AbortController().signal, nobody);
    expect(runs.map(({ status }) => status)).toEqual(["lost", "completed"]);
    expect(await home.read("how")).toBe("alone\n");
    const told = await home.read("told");
    expect(told).toContain(`was lost: The process that ran it (${pid}) died`);
    expect(told).toMatch(/completed, run_[\da-f]+\n\ndone\n\n$/);
  },
);
