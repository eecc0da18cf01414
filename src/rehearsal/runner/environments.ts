import {
  addEnvironment,
  type EnvironmentState,
  findEnvironment,
  type PendingDeployment,
} from "../github/state.ts";
import type { ApprovalAnswer, ApprovalQuestion } from "./events.ts";
import type { RunContext } from "./run-context.ts";

/** A job that names an environment. */
export interface GateRequest {
  readonly environment: string;
  /** False for `deployment: false`. */
  readonly makesDeployment: boolean;
  /** Path of the job in the call tree. */
  readonly job: string;
  /** Called when the job starts to wait for somebody. */
  onWaiting(reason: string): void;
}

/** Whether the job may start. */
export type GateAnswer =
  | { readonly kind: "open"; readonly environment: EnvironmentState; readonly approvedBy?: string }
  | { readonly kind: "closed"; readonly reason: string }
  | { readonly kind: "cancelled" };

/** Applies the protection of an environment to a job, as GitHub does: for every job anew. */
export async function passGate(context: RunContext, request: GateRequest): Promise<GateAnswer> {
  const { state } = context.options.github;
  // GitHub makes an environment that is named for the first time, without any protection.
  const environment =
    findEnvironment(state, request.environment) ?? addEnvironment(state, { name: request.environment });
  const reason = staticRefusal(environment, request, context);
  if (reason !== undefined) return { kind: "closed", reason };
  const reviewers = environment.reviewers ?? [];
  if (reviewers.length === 0) return { kind: "open", environment };
  request.onWaiting(`waits for approval of ${environment.name} by ${reviewers.join(" or ")}`);
  const answer = await askReviewers(context, environment, request.job);
  if (answer === undefined) return { kind: "cancelled" };
  const problem = answerProblem(answer, environment, context.run.actor);
  if (problem !== undefined) return { kind: "closed", reason: problem };
  const { approved, user, comment } = answer;
  const decision = approved ? ("approved" as const) : ("rejected" as const);
  context.run.approvals.push({ environments: [environment.name], state: decision, user, comment });
  if (approved) return { kind: "open", environment, approvedBy: user };
  return {
    kind: "closed",
    reason: `${user} rejected the deployment to ${environment.name}: ${comment || "no comment"}`,
  };
}

function staticRefusal(environment: EnvironmentState, request: GateRequest, context: RunContext) {
  const { name } = environment;
  if ((environment.customRules ?? []).length > 0) {
    const rules = environment.customRules?.join(", ");
    if (request.makesDeployment)
      return `custom protection rules are not modelled by the rehearsal: ${name} has ${rules}`;
    return `${name} has custom protection rules (${rules}), which need a deployment: deployment is false`;
  }
  if ((environment.waitMinutes ?? 0) > 0)
    return `wait timers are not modelled by the rehearsal: ${name} has one`;
  const { ref } = context.sources.app;
  if (mayDeploy(environment, ref, context.options.github.state.repository.defaultBranch)) return undefined;
  const branch = ref.replace(/^refs\/(heads|tags)\//, "");
  return `Branch "${branch}" is not allowed to deploy to ${name} due to environment protection rules`;
}

function mayDeploy({ branches }: EnvironmentState, ref: string, defaultBranch: string): boolean {
  if (branches === undefined) return true;
  if (!ref.startsWith("refs/heads/")) return false;
  const branch = ref.slice("refs/heads/".length);
  if (branches === "protected") return branch === defaultBranch;
  return branches.some((pattern) => matchesBranch(pattern, branch));
}

/** Whether a branch fits a pattern in which `*` does not cross a slash. */
export function matchesBranch(pattern: string, branch: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|\\]/g, String.raw`\$&`)
    .replaceAll("**/", "\0")
    .replaceAll("*", "[^/]*")
    .replaceAll("?", "[^/]")
    .replaceAll("\0", "(?:.*/)?");
  return new RegExp(`^${source}$`).test(branch);
}

async function askReviewers(context: RunContext, environment: EnvironmentState, job: string) {
  const { run, options } = context;
  const question: ApprovalQuestion = {
    environment: environment.name,
    reviewers: environment.reviewers ?? [],
    runId: run.id,
    attempt: run.attempt,
    job,
    summary: context.summaries.join("\n"),
  };
  context.emit({ kind: "approval-asked", question, at: new Date() });
  let pending: PendingDeployment | undefined;
  let stopListening = () => {};
  const answer = await new Promise<ApprovalAnswer | undefined>((resolve, reject) => {
    pending = {
      environment: environment.name,
      waitingSince: options.github.state.now(),
      answer: ({ state, user, comment }) => resolve({ approved: state === "approved", user, comment }),
    };
    run.pending.push(pending);
    stopListening = context.onCancel(() => resolve(undefined));
    if (context.isCancelled) resolve(undefined);
    else options.approve(question).then(resolve, reject);
  }).finally(() => {
    stopListening();
    if (pending !== undefined) run.pending.splice(run.pending.indexOf(pending), 1);
  });
  if (answer !== undefined) context.emit({ kind: "approval-answered", question, answer, at: new Date() });
  return answer;
}

function answerProblem(
  answer: ApprovalAnswer,
  environment: EnvironmentState,
  actor: string,
): string | undefined {
  const isReviewer = (environment.reviewers ?? []).some(
    (login) => login.toLowerCase() === answer.user.toLowerCase(),
  );
  if (!isReviewer) return `${answer.user} is not a reviewer of ${environment.name}`;
  const isOwn = environment.preventSelfReview === true && answer.user.toLowerCase() === actor.toLowerCase();
  return isOwn ? `${answer.user} started the run and may not approve it for ${environment.name}` : undefined;
}
