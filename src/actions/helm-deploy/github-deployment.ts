import { messageOf } from "../../core/errors.ts";
import type { DeployRecord } from "../../domain/record/record.ts";
import type { DeploymentState, GithubApi } from "../../platform/github-api.ts";
import { updateRecord } from "./records.ts";
import type { Session } from "./session.ts";

/** Makes the one GitHub Deployment of this attempt. It informs; a refusal is a warning and does not stop a deploy. */
export async function startDeployment(session: Session, record: DeployRecord): Promise<void> {
  const { inputs, context, github } = session;
  if (inputs.environment === "" || record.deploymentId !== undefined) return;
  await informing(session, async (api) => {
    const id = await api.createDeployment({
      ref: context.run.commit,
      environment: inputs.environment,
      task: taskOf(inputs.release),
      description: `${inputs.release} ${inputs.version || record.digest.slice(0, 19)}`,
      production: inputs.approval === "required",
      payload: {
        record: record.id,
        release: inputs.release,
        namespace: inputs.namespace,
        digest: record.digest,
      },
    });
    await updateRecord(session, record.id, { deploymentId: id });
    await api.setDeploymentStatus(id, statusOf(session, "in_progress", `${inputs.strategy} deploy`));
  });
  if (github === undefined) {
    const message = "No GitHub Deployment is made: it needs github-token";
    context.runner.annotate({ level: "notice", message });
  }
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
  const ids = await api.deployments(inputs.environment, taskOf(inputs.release));
  for (const id of ids.filter((one) => one !== newest)) {
    if ((await api.deploymentState(id)) !== "success") continue;
    await api.setDeploymentStatus(id, statusOf(session, "inactive", "a newer version serves"));
  }
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
