import { byDigest } from "../../domain/image/reference.ts";
import type { ActionResult } from "../../platform/action.ts";
import type { PhaseOutcome, Preparation } from "./session.ts";
import { subjectRows, table } from "./summary.ts";

/** What a phase has found, as the action says it. */
export function resultOf(preparation: Preparation, outcome: PhaseOutcome): ActionResult {
  const { inputs, gates } = preparation;
  const image = inputs.images[0];
  return {
    verdict: outcome.verdict,
    mode: inputs.phase,
    subject: {
      ...(image === undefined
        ? {}
        : { digest: image.digest, image: byDigest(image.reference, image.digest) }),
      release: inputs.release,
      namespace: inputs.namespace,
      ...(inputs.environment === "" ? {} : { environment: inputs.environment }),
    },
    details: {
      strategy: inputs.strategy,
      version: inputs.version,
      gates: gates.map(({ gate, verdict }) => ({ gate, verdict })),
      ...outcome.details,
    },
    outputs: outcome.outputs ?? {},
    summary: outcome.summary ?? table(subjectRows(preparation)),
    ...(outcome.annotations === undefined ? {} : { annotations: outcome.annotations }),
  };
}
