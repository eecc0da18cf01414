import { type Evidence, evidenceSchema } from "../../../src/domain/evidence/evidence.ts";
import { commit, type Job } from "./standin.ts";

/** The evidence of a gate that has passed for an image, as the action before would have left it. */
export function passedGate(action: "canary-analyze" | "smoke-test", image: string, job: Job): Evidence {
  const now = new Date().toISOString();
  const [name = "", digest = ""] = image.split("@");
  return {
    schema: evidenceSchema,
    action,
    ...(action === "canary-analyze" ? { mode: "ramp" } : {}),
    verdict: "pass",
    reasons: [],
    subject: { image: name, digest },
    run: {
      repository: "acme/web",
      commit,
      runId: String(job.run),
      attempt: job.attempt,
      job: job.name,
      actor: "avery",
      url: `https://github.com/acme/web/actions/runs/${job.run}`,
    },
    startedAt: now,
    finishedAt: now,
    details: {},
  };
}
