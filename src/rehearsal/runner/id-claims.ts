import type { IdClaims } from "../github/issuer.ts";
import type { JobSetting } from "./job-setting.ts";
import { githubContext } from "./run-context.ts";

const copied = [
  ...[
    "actor",
    "actor_id",
    "base_ref",
    "event_name",
    "head_ref",
    "ref",
    "ref_type",
    "repository",
    "repository_id",
  ],
  ...[
    "repository_owner",
    "repository_owner_id",
    "repository_visibility",
    "run_attempt",
    "run_id",
    "run_number",
  ],
  ...["sha", "workflow", "workflow_ref", "workflow_sha"],
];

/** The claims of a job's ID token, as facts about the caller; `job_workflow_ref` names the file that defines the job. */
export function idClaims({ call, environment, api }: JobSetting): IdClaims {
  const github = githubContext(call.context);
  const { source, path } = call.file;
  const facts = Object.fromEntries(copied.map((key) => [key, String(github[key])]));
  const repository = String(github.repository);
  const subject =
    environment === undefined
      ? `repo:${repository}:ref:${String(github.ref)}`
      : `repo:${repository}:environment:${environment.name.replaceAll(":", "%3A")}`;
  return {
    ...facts,
    sub: subject,
    ref_protected: String(github.ref_protected),
    job_workflow_ref: `${source.repository}/${path}@${source.ref}`,
    job_workflow_sha: source.sha,
    runner_environment: "self-hosted",
    check_run_id: String(api.id),
    ...(environment === undefined ? {} : { environment: environment.name }),
  };
}
