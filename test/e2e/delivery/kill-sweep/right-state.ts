import { setTimeout as sleep } from "node:timers/promises";
import { textAt } from "../../../../src/core/json.ts";
import { type Situation, situation } from "../cases/situation.ts";
import type { Stand } from "../stand.ts";
import type { Lane } from "./points.ts";

/** Everything that is not as it should be, after some seconds for what only needs a moment; none when all is right. */
export async function wrongs(
  stand: Stand,
  lane: Lane,
  versions: readonly string[],
): Promise<{ readonly problems: readonly string[]; readonly serves: string }> {
  for (let tries = 1; ; tries++) {
    const seen = await situation(stand, lane.strategy === "blue-green" ? "web" : undefined);
    const problems = [...judge(lane, seen, versions), ...(await judgeLease(stand))];
    if (problems.length === 0 || tries === 20) return { problems, serves: seen.serves.join(" and ") };
    await sleep(1000);
  }
}

function judge(lane: Lane, seen: Situation, versions: readonly string[]): readonly string[] {
  const problems: string[] = [];
  const [version = "", ...others] = seen.serves;
  if (others.length > 0 || !versions.includes(version))
    problems.push(`serves ${seen.serves.join(" and ")}, not ${versions.join(" or ")} alone`);
  const [release = "nothing", ...more] = Object.keys(seen.releases);
  const allowed = lane.strategy === "blue-green" ? ["web-blue", "web-green"] : ["web"];
  if (more.length > 0 || !allowed.includes(release))
    problems.push(`releases ${Object.keys(seen.releases).join(", ")}, not one alone`);
  if (!/ deployed$/.test(seen.releases[release] ?? ""))
    problems.push(`Helm is at ${seen.releases[release]} for ${release}`);
  const pods = Object.entries(seen.pods)
    .map(([name, text]) => `${name}: ${text}`)
    .join(", ");
  if (pods !== `${release}: 2 of ${version}`) problems.push(`pods ${pods}`);
  if (lane.strategy === "canary" && JSON.stringify(seen.weights) !== '{"web":100,"web-candidate":0}')
    problems.push(`weights ${JSON.stringify(seen.weights)}`);
  if (seen.rollout !== "none") problems.push(`a rollout is open: ${seen.rollout}`);
  // A version that came up whole, whose run never judged it, is left to the next deploy, which observes it.
  const open = seen.records.filter((one) => one.endsWith(" deploying") && one !== `${version} deploying`);
  if (open.length > 0) problems.push(`records are open: ${open.join(", ")}`);
  return problems;
}

// A holder that lives renews its Lease more often than this. What a killed one has left is anybody's.
const aliveMs = 15_000;

async function judgeLease(stand: Stand): Promise<readonly string[]> {
  const text = await stand.kubectl("get", "lease", "sluice-web", "--ignore-not-found", "-o", "json");
  const lease: unknown = text === "" ? undefined : JSON.parse(text);
  const holder = textAt(lease, "spec", "holderIdentity") ?? "";
  const age = Date.now() - Date.parse(textAt(lease, "spec", "renewTime") ?? "");
  return holder === "" || age > aliveMs ? [] : [`the Lease is held by ${holder}`];
}
