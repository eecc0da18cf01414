/** One answer to "may this run go on": as GitHub lists it for a run. */
export interface RunApproval {
  readonly state: string;
  readonly user: string;
  readonly environments: readonly string[];
}

/** Who approved this run for the environment; the last answer counts. Undefined when nobody did. */
export function approverOf(approvals: readonly RunApproval[], environment: string): string | undefined {
  // GitHub lists the newest answer first.
  const answers = approvals.filter((one) => one.environments.includes(environment));
  const newest = answers.find((one) => one.state === "approved" || one.state === "rejected");
  return newest?.state === "approved" && newest.user !== "" ? newest.user : undefined;
}
