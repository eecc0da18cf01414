import { at, isRecord, textAt } from "../../src/core/json.ts";
import { type Permissions, permissionExcess } from "../../src/rehearsal/runner/permissions.ts";
import { outputsOf } from "./language-service.ts";
import {
  calledPath,
  callInputsOf,
  callSecretsOf,
  jobsOf,
  permissionsOf,
  stepsOf,
  unionOf,
  usesOf,
} from "./workflow-shape.ts";

/** What GitHub's language service does not look at. Each rule names what is wrong, and nothing is the only good answer. */
type Rule = (workflow: unknown, world: World) => readonly string[];

export interface World {
  /** The text of the workflow, for what its document does not keep. */
  readonly text: string;
  /** A workflow of ours by its path; undefined when there is none. */
  readonly workflowAt: (path: string) => unknown;
  readonly exists: (path: string) => boolean;
}

/** Third parties run with the job's token, so there are none but GitHub's own three, by commit. */
export const pins: Rule = (workflow, { text, exists }) =>
  usesOf(workflow).flatMap((uses) => {
    const local = /^\$\/(\S+)$/.exec(uses)?.[1];
    if (local !== undefined) {
      const file = local.endsWith(".yml") ? local : `${local}/action.yml`;
      return exists(file) ? [] : [`${uses} does not exist`];
    }
    const isKnown =
      /^actions\/(?:checkout|upload-artifact|download-artifact)@/.test(uses) ||
      calledPath(uses) !== undefined;
    if (!isKnown) return [`${uses} is a third party's`];
    if (!/@[0-9a-f]{40}$/.test(uses)) return [`${uses} is not pinned by commit`];
    return text.includes(`${uses} # v`) ? [] : [`${uses} does not name its version in a comment`];
  });

/** GitHub refuses a call before anything runs when a called job asks for more than the calling one has. */
export const permissionSubset: Rule = (workflow, world) =>
  [...jobsOf(workflow)].flatMap(([id, job]) => {
    const path = calledPath(textAt(job, "uses"));
    if (path === undefined) return [];
    const allowed = permissionsOf(job) ?? permissionsOf(workflow) ?? {};
    const asked = permissionsAsked(world.workflowAt(path), world);
    return permissionExcess(asked, allowed).map(
      (excess) => `${id} gives ${path} ${excess.allowed} for ${excess.scope}, which asks for ${excess.asked}`,
    );
  });

/** All that the jobs of a workflow ask for, those of workflows they call included. */
export function permissionsAsked(workflow: unknown, world: Pick<World, "workflowAt">): Permissions {
  const each = [...jobsOf(workflow).values()].map((job) => {
    const path = calledPath(textAt(job, "uses"));
    const called = path === undefined ? {} : permissionsAsked(world.workflowAt(path), world);
    return unionOf([permissionsOf(job) ?? permissionsOf(workflow) ?? {}, called]);
  });
  return unionOf(each);
}

/** Nothing is granted to a workflow as a whole; each job says what it needs. */
export const leastPermissions: Rule = (workflow) => [
  ...(JSON.stringify(at(workflow, "permissions")) === "{}"
    ? []
    : ["the workflow's own permissions are not {}"]),
  ...[...jobsOf(workflow)].flatMap(([id, job]) =>
    permissionsOf(job) === undefined ? [`${id} declares no permissions`] : [],
  ),
];

/** Text of an event, or of an input that a caller may fill from one, is never pasted into a shell. */
export const noExpressionInShell: Rule = (workflow) =>
  [...jobsOf(workflow)].flatMap(([id, job]) =>
    stepsOf(job)
      .map((step) => textAt(step, "run") ?? "")
      .filter((run) => run.includes("${{"))
      .map((run) => `${id} runs text from an expression: ${run.split("\n")[0]}`),
  );

/** A boolean or number must be given as one; GitHub says so only when the call is made. */
export const callTypes: Rule = (workflow, { workflowAt }) =>
  [...jobsOf(workflow)].flatMap(([id, job]) => {
    const path = calledPath(textAt(job, "uses"));
    const given = at(job, "with");
    if (path === undefined || !isRecord(given)) return [];
    const declared = callInputsOf(workflowAt(path));
    const own = callInputsOf(workflow);
    return Object.entries(given).flatMap(([name, value]) => {
      const wanted = declared.get(name)?.type ?? "string";
      const got = typeOf(value, (input) => own.get(input)?.type ?? "string");
      return got === undefined || got === wanted
        ? []
        : [`${id} gives ${name} a ${got}, which is a ${wanted}`];
    });
  });

/** The type of what a call is given; undefined where only the run can tell. */
function typeOf(value: unknown, typeOfInput: (name: string) => string): string | undefined {
  const text = String(value);
  if (typeof value !== "string" || !text.includes("${{")) return typeof value;
  const expression = /^\$\{\{\s*((?:(?!\}\}).)*?)\s*\}\}$/.exec(text)?.[1];
  if (expression === undefined) return "string";
  const input = /^inputs\.([\w-]+)$/.exec(expression)?.[1];
  if (input !== undefined) return typeOfInput(input);
  if (/^fromJSON\(/.test(expression)) return undefined;
  if (/^!|(?:==|!=|<|>)/.test(expression) && !/\|\|/.test(expression)) return "boolean";
  return /^(?:needs|steps|vars|secrets|github|env)\.[\w.-]+$/.test(expression) ? "string" : undefined;
}

/** A step may be asked only for what it declares; GitHub gives an empty text for the rest. */
export const stepOutputs: Rule = (workflow) =>
  [...jobsOf(workflow)].flatMap(([id, job]) => {
    const uses = new Map(stepsOf(job).map((step) => [textAt(step, "id") ?? "", textAt(step, "uses")]));
    const references = JSON.stringify(job).matchAll(/\bsteps\.([\w-]+)\.outputs\.([\w-]+)/g);
    return [...references].flatMap(([, step = "", output = ""]) => {
      if (!uses.has(step)) return [`${id} asks a step ${step} that it does not have`];
      const declared = outputsOf(uses.get(step) ?? "");
      return declared === undefined || declared.includes(output)
        ? []
        : [`${id}: step ${step} has no output ${output}`];
    });
  });

/** Nothing is accepted and ignored. */
export const everyInputUsed: Rule = (workflow, { text }) =>
  [
    ...[...callInputsOf(workflow).keys()].filter(
      (name) => !new RegExp(`\\binputs\\.${name}(?![\\w-])`).test(text),
    ),
    ...callSecretsOf(workflow).filter((name) => !new RegExp(`\\bsecrets\\.${name}(?![\\w-])`).test(text)),
  ].map((name) => `${name} is declared and not used`);

/** A job that hangs costs six hours; a checkout that keeps its token gives it to whatever runs next. */
export const boundedJobs: Rule = (workflow) =>
  [...jobsOf(workflow)].flatMap(([id, job]) => {
    if (textAt(job, "uses") !== undefined) return [];
    const checkouts = stepsOf(job).filter((step) => textAt(step, "uses")?.startsWith("actions/checkout@"));
    return [
      ...(typeof at(job, "timeout-minutes") === "number" ? [] : [`${id} has no timeout-minutes`]),
      ...(checkouts.every((step) => at(step, "with", "persist-credentials") === false)
        ? []
        : [`${id} keeps credentials`]),
    ];
  });

export const rules = {
  pins,
  permissionSubset,
  leastPermissions,
  noExpressionInShell,
  callTypes,
  stepOutputs,
  everyInputUsed,
  boundedJobs,
} satisfies Readonly<Record<string, Rule>>;
