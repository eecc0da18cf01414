import { type ApiRequest, notFound, ok, pageOf, type Route } from "./router.ts";
import { environmentReference } from "./run-shapes.ts";
import { nodeId, userShape } from "./shapes.ts";
import { type EnvironmentState, findEnvironment } from "./state.ts";

const base = "/repos/{owner}/{repo}/environments";

/** Environments and their protection, as the checks before a plan read them. */
export const environmentRoutes: readonly Route[] = [
  { method: "GET", path: base, needs: ["actions", "read"], handle: listEnvironments },
  { method: "GET", path: `${base}/{environment_name}`, needs: ["actions", "read"], handle: getEnvironment },
  {
    method: "GET",
    path: `${base}/{environment_name}/deployment-branch-policies`,
    needs: ["actions", "read"],
    handle: listBranchPolicies,
  },
  {
    method: "GET",
    path: `${base}/{environment_name}/deployment_protection_rules`,
    needs: ["actions", "read"],
    handle: listCustomRules,
  },
];

function listEnvironments(request: ApiRequest) {
  const all = [...request.state.environments.values()];
  const environments = pageOf(all, request.query).map((one) => environmentShape(one, request));
  return ok({ total_count: all.length, environments });
}

function getEnvironment(request: ApiRequest) {
  const found = findEnvironment(request.state, request.params.environment_name ?? "");
  return found === undefined ? notFound() : ok(environmentShape(found, request));
}

function listBranchPolicies(request: ApiRequest) {
  const found = findEnvironment(request.state, request.params.environment_name ?? "");
  if (found === undefined) return notFound();
  const patterns = Array.isArray(found.branches) ? (found.branches as readonly string[]) : [];
  const policies = patterns.map((name, index) => {
    const id = found.id * 100 + index;
    return { id, node_id: nodeId("BranchPolicy", id), name, type: "branch" };
  });
  return ok({ total_count: policies.length, branch_policies: pageOf(policies, request.query) });
}

function listCustomRules(request: ApiRequest) {
  const found = findEnvironment(request.state, request.params.environment_name ?? "");
  if (found === undefined) return notFound();
  const rules = customRules(found, request);
  return ok({ total_count: rules.length, custom_deployment_protection_rules: rules });
}

function customRules(environment: EnvironmentState, { apiUrl }: ApiRequest) {
  return (environment.customRules ?? []).map((slug, index) => {
    const id = environment.id * 100 + 50 + index;
    const app = { id: id + 10, node_id: nodeId("App", id), slug, integration_url: `${apiUrl}/apps/${slug}` };
    return { id, node_id: nodeId("Gate", id), enabled: true, app };
  });
}

function environmentShape(environment: EnvironmentState, request: ApiRequest) {
  const { name, branches } = environment;
  return {
    ...environmentReference(name, request),
    can_admins_bypass: environment.canAdminsBypass ?? false,
    protection_rules: protectionRules(environment, request),
    deployment_branch_policy:
      branches === undefined
        ? null
        : { protected_branches: branches === "protected", custom_branch_policies: branches !== "protected" },
  };
}

function protectionRules(environment: EnvironmentState, request: ApiRequest) {
  const rule = (offset: number) => {
    const id = environment.id * 100 + offset;
    return { id, node_id: nodeId("Gate", id) };
  };
  const rules: object[] = [];
  const { waitMinutes = 0, reviewers = [], branches } = environment;
  if (waitMinutes > 0) rules.push({ ...rule(80), type: "wait_timer", wait_timer: waitMinutes });
  if (reviewers.length > 0) {
    rules.push({
      ...rule(81),
      type: "required_reviewers",
      prevent_self_review: environment.preventSelfReview ?? false,
      reviewers: reviewers.map((login) => ({
        type: "User",
        reviewer: userShape(request.state, login, request.apiUrl),
      })),
    });
  }
  if (branches !== undefined) rules.push({ ...rule(82), type: "branch_policy" });
  for (const custom of customRules(environment, request)) {
    rules.push({ id: custom.id, node_id: custom.node_id, type: custom.app.slug });
  }
  return rules;
}
