import { openAuthLab } from "../../tests/e2e/auth/lab.ts";
import type { CampaignOptions, CampaignResult } from "./campaign.ts";

/** Processes that find their token refused at the same moment: the server is asked once for all of them. */
export const name = "renewals";
export const defaultCount = 1_000;
export const shortCount = 6;

const processes = 8;
const reportEvery = 100;
const email = "ada@example.com";

export async function run({ count, log }: CampaignOptions): Promise<CampaignResult> {
  await using lab = await openAuthLab();
  await lab.writeLogins([{ vendor: "xai-oauth", email, lifeSeconds: 21_600 }]);
  const failures: string[] = [];
  for (let round = 1; round <= count; round++) {
    lab.identity.refuseAccess(email);
    const ends = await Promise.all(
      Array.from({ length: processes }, () => lab.run(["-z", "Say hello"])),
    );
    const posts = lab.identity.asked("xai/token").length;
    const told = ends.filter(({ code, stdout }) => code !== 0 || stdout !== "hello\n");
    const problems = [
      ...told.map(({ code, stderr }) => `a caller ended with ${code}: ${stderr.trim()}`),
      ...(posts === round ? [] : [`${posts} requests after ${round} expiries`]),
      ...(lab.identity.reuses() === 0 ? [] : ["a token was used twice"]),
    ];
    if (problems.length > 0) failures.push(`expiry ${round}: ${problems.join("; ")}`);
    if (round % reportEvery === 0) log(`${round} of ${count}, ${failures.length} failed`);
    if (failures.length > 20) break;
  }
  log(
    `${lab.identity.asked("xai/token").length} requests, ${lab.identity.reuses()} reuses, ${processes} callers at each expiry`,
  );
  return { cases: count, failures };
}
