import { messageOf, OutsideError } from "../../core/errors.ts";
import { textAt } from "../../core/json.ts";
import { combine, inconclusive, pass } from "../../core/verdict.ts";
import type { ActionResult } from "../../platform/action.ts";
import type { Cluster } from "../../platform/cluster-access.ts";

const ours = "app.kubernetes.io/managed-by=sluice,sluice/release";

/** Recovers every release of the namespace that we keep records of, one after the other. One that fails stops no other. */
export async function recoverAll(
  { kubectl, namespace }: Cluster,
  recover: (release: string) => Promise<ActionResult>,
): Promise<ActionResult> {
  const found = await kubectl.list("configmaps", namespace, ours);
  const releases = found.flatMap((one) => textAt(one, "metadata", "labels", "sluice/release") ?? []);
  const results: { readonly release: string; readonly result: ActionResult }[] = [];
  for (const release of releases) results.push({ release, result: await recoverOne(release, recover) });
  const touched = results.find(({ result }) => result.outputs.strategy !== "none");
  return {
    verdict: results.length === 0 ? pass : combine(results.map(({ result }) => result.verdict)),
    mode: "recover",
    subject: { namespace },
    outputs: touched?.result.outputs ?? { strategy: "none" },
    details: {
      sentence: `${releases.length} releases were looked at`,
      releases: Object.fromEntries(results.map(({ release, result }) => [release, result.details])),
    },
    summary:
      results.length === 0
        ? "Nothing to recover: no release of this namespace has records of ours"
        : results.map(({ release, result }) => `#### ${release}\n\n${result.summary}`).join("\n\n"),
    annotations: results.flatMap(({ result }) => result.annotations ?? []),
  };
}

async function recoverOne(
  release: string,
  recover: (release: string) => Promise<ActionResult>,
): Promise<ActionResult> {
  try {
    return await recover(release);
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    const sentence = `${release}: ${messageOf(error)}`;
    const details = { sentence };
    return {
      verdict: inconclusive(sentence),
      subject: {},
      outputs: { strategy: "none" },
      details,
      summary: sentence,
    };
  }
}
