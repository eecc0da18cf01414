import { combine, fail, pass, type Verdict } from "../../core/verdict.ts";
import type { Evidence } from "../../domain/evidence/evidence.ts";
import { judgeEvidence } from "../../domain/evidence/require.ts";
import { byDigest } from "../../domain/image/reference.ts";
import type { ActionContext } from "../../platform/action.ts";
import { readEvidence } from "../../platform/evidence-files.ts";
import { http } from "../../platform/http.ts";
import { registry } from "../../platform/registry.ts";
import { credentialsFrom } from "../../platform/registry-auth.ts";
import type { HelmDeployInputs } from "./inputs.ts";
import { digestOf } from "./session.ts";

export interface EvidenceCheck {
  readonly verdict: Verdict;
  readonly gates: readonly { readonly gate: string; readonly verdict: Verdict["kind"] }[];
}

/** Whether the evidence vouches for every digest that is deployed, and what the gates before have said. */
export async function checkEvidence(inputs: HelmDeployInputs): Promise<EvidenceCheck> {
  const require = requiredGates(inputs);
  const all = await readEvidence(inputs.evidence);
  const evidence = inputs.phase === "promote" ? all.filter(isRampOrOther) : all;
  const ours = new Set<string>(inputs.images.map(({ digest }) => digest));
  const verdicts = [...ours].map((digest) => {
    const others = (one: Evidence) => one.subject.digest !== digest && ours.has(one.subject.digest ?? "");
    return judgeEvidence(
      evidence.filter((one) => !others(one)),
      { digest, require },
    );
  });
  return { verdict: combine([pass, ...verdicts]), gates: gatesOf(evidence, digestOf(inputs)) };
}

// What a phase cannot do without, whatever the caller asks for.
function requiredGates({ phase, strategy, require }: HelmDeployInputs): readonly string[] {
  return [...new Set([...require, ...ownGates(phase, strategy)])];
}

function ownGates(phase: string, strategy: string): readonly string[] {
  if (phase === "finish") return ["smoke-test"];
  // A colour is promoted on its readiness, and is watched after the switch.
  return phase === "promote" && strategy === "canary" ? ["canary-analyze"] : [];
}

// An analysis that never held the weight proves nothing about production's traffic.
function isRampOrOther(one: Evidence): boolean {
  return one.action !== "canary-analyze" || one.mode === "ramp";
}

function gatesOf(evidence: readonly Evidence[], digest: string) {
  const last = new Map<string, Evidence>();
  for (const one of evidence.toSorted((a, b) => a.finishedAt.localeCompare(b.finishedAt))) {
    if (one.subject.digest === digest) last.set(one.action, one);
  }
  return [...last.values()].map(({ action, verdict }) => ({ gate: action, verdict }));
}

/** Whether every image is in its registry, by digest. Nothing is touched for one that is gone. */
export async function checkImages(inputs: HelmDeployInputs, context: ActionContext): Promise<Verdict> {
  const first = inputs.images[0];
  if (first === undefined) return pass;
  const credentials = credentialsFrom({
    runner: context.runner,
    shell: context.shell,
    login: inputs.registryLogin,
    host: first.reference.registry,
  });
  const client = registry({ http, credentials, signal: context.signal });
  const verdicts = await Promise.all(
    inputs.images.map(async ({ reference, digest }) =>
      (await client.has(reference, digest))
        ? pass
        : fail(
            `${byDigest(reference, digest)} is not in its registry: nothing could run it, nor return to it`,
          ),
    ),
  );
  return combine(verdicts);
}
