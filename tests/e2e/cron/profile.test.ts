import { expect, test } from "bun:test";
import { join } from "node:path";
import { createCronHome } from "../../fakes/cron_home.ts";
import { createJob } from "../../fakes/job.ts";

test("what a job of a profile starts finds the home of the profile, once", async () => {
  await using home = await createCronHome();
  await home.write(
    ".hermes/profiles/lab/scripts/where.sh",
    'echo "$HERMES_HOME, profile ${HERMES_PROFILE-of none}"\n',
  );
  const desk = await home.start({ HERMES_PROFILE: "lab" }).cron();
  const job = createJob({
    task: { script: "where.sh", withAgent: false },
    deliver: [
      { kind: "command", command: 'echo "$HERMES_HOME, profile ${HERMES_PROFILE-of none}" >told' },
    ],
  });
  await desk.store.add(job);
  const ended = await desk.runNow(job, new AbortController().signal);
  const place = join(home.directory, ".hermes/profiles/lab");
  const outcome = await home.read((ended?.outputFile ?? "").slice(home.directory.length));
  expect([outcome.split("\n---\n\n")[1], await home.read("told")]).toEqual([
    `${place}, profile of none\n`,
    `${place}, profile of none\n`,
  ]);
});
