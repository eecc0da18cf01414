import { messageOf } from "../../core/errors.ts";
import { deploymentPayload } from "../../domain/record/deployment-payload.ts";
import type { DeployRecord } from "../../domain/record/record.ts";
import type { DeploymentState, GithubApi, NewDeployment } from "../../platform/github-api.ts";
import { updateRecord } from "./records.ts";
import type { Session } from "./session.ts";

/**
 * Makes the one GitHub Deployment of this release, environment and attempt of the run; a repeated step finds it again. It
 * informs: a refusal is a warning and does not stop a deploy.
 */
export async function startDeployment(session: Session, record: DeployRecord): Promise<void> {
  const { inputs, context, github } = session;
  if (inputs.environment === "" || record.deploymentId !== undefined) return;
  await informing(session, async (api) => {
    const id =
      (await foundAgain(api, session)) ?? (await api.createDeployment(newDeployment(session, record)));
    await updateRecord(session, record.id, { deploymentId: id });
    await api.setDeploymentStatus(id, statusOf(session, "in_progress", `${inputs.strategy} deploy`));
  });
  if (github === undefined) {
    const message = "No GitHub Deployment is made: it needs github-token";
    context.runner.annotate({ level: "notice", message });
  }
}

function newDeployment({ inputs, context }: Session, record: DeployRecord): NewDeployment {
  return {
    ref: context.run.commit,
    environment: inputs.environment,
    task: taskOf(inputs.release),
    description: `${inputs.release} ${inputs.version || record.digest.slice(0, 19)}`,
    production: inputs.approval === "required",
    payload: deploymentPayload(record),
  };
}

// A step that died after it made the deployment has not written down which one it is.
async function foundAgain(api: GithubApi, { inputs, context }: Session): Promise<number | undefined> {
  const known = await api.deployments(inputs.environment, taskOf(inputs.release));
  const { runId, attempt } = context.run;
  return known.find(({ payload }) => payload.run === runId && payload.attempt === attempt)?.id;
}

/** Says how the attempt ended. A success makes the earlier ones of this release inactive, production's too. */
export async function endDeployment(
  session: Session,
  recordId: string,
  end: { readonly state: DeploymentState; readonly description: string },
): Promise<void> {
  if (session.github === undefined || session.inputs.environment === "") return;
  const id = (await session.store.read()).records.find((one) => one.id === recordId)?.deploymentId;
  if (id === undefined) return;
  await informing(session, async (api) => {
    await api.setDeploymentStatus(id, statusOf(session, end.state, end.description));
    if (end.state === "success") await retireOthers(session, api, id);
  });
}

// GitHub retires earlier deployments by itself only where they are no production ones.
async function retireOthers(session: Session, api: GithubApi, newest: number): Promise<void> {
  const { inputs } = session;
  const known = await api.deployments(inputs.environment, taskOf(inputs.release));
  for (const { id } of known.filter((one) => one.id !== newest)) {
    if (!isShownActive(await api.deploymentState(id))) continue;
    await api.setDeploymentStatus(id, statusOf(session, "inactive", "a newer version serves"));
  }
}

// What a lost run left in progress is no more in progress than a replaced version is active.
function isShownActive(state: string | undefined): boolean {
  return state === "success" || state === "in_progress" || state === "queued" || state === "pending";
}

function taskOf(release: string): string {
  return `deploy:${release}`;
}

function statusOf({ context }: Session, state: DeploymentState, description: string) {
  return { state, description, logUrl: context.run.url };
}

async function informing(session: Session, body: (api: GithubApi) => Promise<void>): Promise<void> {
  if (session.github === undefined) return;
  try {
    await body(session.github);
  } catch (error) {
    const message = `The GitHub Deployment does not show this deploy: ${messageOf(error)}`;
    session.context.runner.annotate({ level: "warning", message });
  }
}
