import type { Verdict } from "../../core/verdict.ts";
import type { JobConclusion, JobResult } from "../runner/events.ts";
import type { Outcome } from "./scenario.ts";

type Found = readonly string[];

export function jobsOf(outcome: Outcome, run = 0): readonly JobResult[] {
  const flatten = (jobs: readonly JobResult[]): readonly JobResult[] =>
    jobs.flatMap((job) => [job, ...flatten(job.jobs)]);
  return flatten(outcome.runs[run]?.jobs ?? []);
}

export function runEnded(outcome: Outcome, wanted: JobConclusion, run = 0): Found {
  const got = outcome.runs[run]?.conclusion ?? "no run";
  return got === wanted ? [] : [`run ${run + 1} ended as ${got}, wanted ${wanted}`];
}

/** The job of that path said no, and no job of its run failed before it. */
export function saidNo(outcome: Outcome, path: string, run = 0): Found {
  const failed = jobsOf(outcome, run).filter((job) => job.kind === "steps" && job.result === "failure");
  const first = failed.toSorted((a, b) => a.endedAt.getTime() - b.endedAt.getTime())[0];
  const short = first?.path.split("/").slice(-path.split("/").length).join("/");
  return short === path ? [] : [`the first job that failed is ${first?.path ?? "none"}, wanted ${path}`];
}

export function neverStarted(outcome: Outcome, path: string, run = 0): Found {
  const job = jobsOf(outcome, run).find((one) => one.path.endsWith(path));
  if (job === undefined || job.steps.length === 0) return [];
  return [`job ${path} ran ${job.steps.length} steps, wanted none`];
}

/** An action in that job answered with the verdict, and one of its reasons says what it should. */
export function answered(
  outcome: Outcome,
  action: string,
  wanted: { verdict: Verdict["kind"]; reason?: RegExp },
): Found {
  const ours = outcome.evidence.filter(({ evidence }) => evidence.action === action);
  const { verdict, reason } = wanted;
  const fits = ours.some(
    ({ evidence }) =>
      evidence.verdict === verdict &&
      (reason === undefined || evidence.reasons.some((one) => reason.test(one))),
  );
  if (fits) return [];
  const seen = ours.map(({ evidence }) => `${evidence.verdict} (${evidence.reasons.join("; ")})`).join(", ");
  return [
    `${action} answered ${seen || "nothing"}, wanted ${verdict}${reason === undefined ? "" : ` ${reason}`}`,
  ];
}

export function productionServes(outcome: Outcome, which: "old" | "new"): Found {
  const wanted = which === "old" ? outcome.stable.digest : digestBuilt(outcome);
  const { answeringDigests, podDigests, candidatePods, weight } = outcome.production;
  const found = [
    ...onlyDigest("production's answers", answeringDigests, wanted),
    ...onlyDigest("production's pods", podDigests, wanted),
  ];
  if (candidatePods > 0) found.push(`${candidatePods} pods of the candidate are left`);
  if (weight !== 0) found.push(`the candidate's weight is ${weight}, wanted 0`);
  return found;
}

function onlyDigest(what: string, digests: readonly string[], wanted: string | undefined): Found {
  const others = digests.filter((one) => one !== wanted);
  if (digests.length > 0 && others.length === 0) return [];
  return [`${what} name ${[...new Set(digests)].join(", ") || "no digest"}, wanted ${wanted}`];
}

export function noTag(outcome: Outcome): Found {
  return outcome.taggedDigest === undefined
    ? []
    : [`the commit has the tag ${outcome.taggedDigest}, wanted none`];
}

export function noRequestLost(outcome: Outcome): Found {
  const { total, lost } = outcome.traffic;
  if (total < 100) return [`only ${total} requests were sent, wanted at least 100`];
  return lost === 0 ? [] : [`${lost} of ${total} requests were lost`];
}

/** Every error came from the candidate, or is one that the stable version has by itself. */
export function onlyCandidateHurt(outcome: Outcome): Found {
  const { lost } = outcome.traffic;
  return lost === 0 ? [] : [`${lost} requests were lost, wanted only the candidate's own errors`];
}

export function digestBuilt(outcome: Outcome): string | undefined {
  const built = outcome.evidence.filter(({ evidence }) => evidence.action === "build-push");
  return built[0]?.evidence.subject.digest;
}

/** One digest through every gate: each evidence that names a digest names the one that was built. */
export function oneDigest(outcome: Outcome): Found {
  const built = digestBuilt(outcome);
  if (built === undefined) return ["no evidence names the digest that was built"];
  const wanted = ["build-push", "security-scan", "helm-deploy", "smoke-test", "canary-analyze"];
  const silent = wanted.filter(
    (action) =>
      !outcome.evidence.some(
        ({ evidence }) => evidence.action === action && evidence.subject.digest === built,
      ),
  );
  const foreign = outcome.evidence.filter(
    ({ evidence }) => evidence.subject.digest !== undefined && evidence.subject.digest !== built,
  );
  return [
    ...silent.map((action) => `no evidence of ${action} names ${built}`),
    ...foreign.map(
      ({ artifact, evidence }) => `${evidence.action} in ${artifact} names ${evidence.subject.digest}`,
    ),
  ];
}
