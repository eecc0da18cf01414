import { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } from "./github-parser.ts";
import { readJob } from "./job-syntax.ts";
import {
  child,
  type Entry,
  entriesOf,
  literalList,
  literalText,
  type Node,
  type Place,
  toNode,
} from "./node.ts";
import { optional } from "./optional.ts";
import { type Refusals, refuseUnknown } from "./refusals.ts";
import type { Source } from "./source.ts";
import type { InputDefinition, SecretDefinition, Trigger, WorkflowFile } from "./workflow-syntax.ts";

const knownKeys = ["name", "run-name", "on", "permissions", "env", "defaults", "concurrency", "jobs"];

/** Reads a workflow with GitHub's own parser; what it or the runner does not accept goes to `refusals`. */
export async function readWorkflow(
  source: Source,
  path: string,
  refusals: Refusals,
): Promise<WorkflowFile | undefined> {
  const at: Place = { file: path, line: 1 };
  const content = source.read(path);
  if (content === undefined) {
    refusals.add(at, `${source.repository} has no ${path} at ${source.sha}`);
    return undefined;
  }
  const root = await parse(path, content, refusals);
  if (root?.kind !== "map") return undefined;
  refuseUnknown(root.entries, knownKeys, refusals);
  const events = child(root, "on");
  const call = child(events, "workflow_call");
  return {
    source,
    path,
    at,
    name: literalText(child(root, "name")) ?? path,
    ...optional("runName", child(root, "run-name")),
    triggers: readTriggers(events, at),
    dispatchInputs: entriesOf(child(child(events, "workflow_dispatch"), "inputs")).map(readInput),
    callInputs: entriesOf(child(call, "inputs")).map(readInput),
    callSecrets: entriesOf(child(call, "secrets")).map(readSecret),
    callOutputs: entriesOf(child(call, "outputs")),
    ...optional("permissions", child(root, "permissions")),
    ...optional("env", child(root, "env")),
    ...optional("defaults", child(root, "defaults")),
    ...optional("concurrency", child(root, "concurrency")),
    jobs: entriesOf(child(root, "jobs")).flatMap((entry) => readJob(entry, refusals) ?? []),
  };
}

async function parse(path: string, content: string, refusals: Refusals): Promise<Node | undefined> {
  const { context, value } = parseWorkflow({ name: path, content }, new NoOperationTraceWriter());
  // 1 is ErrorPolicy.TryConversion, an enum that is not part of the package's entry.
  if (value !== undefined) await convertWorkflowTemplate(context, value, undefined, { errorPolicy: 1 });
  for (const error of context.errors.getErrors()) {
    const line = error.range?.start.line ?? Number(/Line: (\d+)/.exec(error.message)?.[1] ?? 1);
    // The parser quotes the source below its sentence; the place says that already.
    const [sentence = error.rawMessage] = error.rawMessage.split(/:?\n/);
    refusals.add({ file: path, line }, sentence);
  }
  return value === undefined ? undefined : toNode(value, path);
}

function readTriggers(events: Node | undefined, at: Place): readonly Trigger[] {
  if (events?.kind !== "map") return literalList(events).map((event) => ({ event, filters: [], at }));
  return events.entries.map(({ key, value, at: place }) => ({
    event: key,
    filters: entriesOf(value),
    at: place,
  }));
}

function readInput({ key, value, at }: Entry): InputDefinition {
  const type = literalText(child(value, "type")) ?? "string";
  return {
    name: key,
    type: isInputType(type) ? type : "string",
    isRequired: literalText(child(value, "required")) === "true",
    ...optional("defaultValue", child(value, "default")),
    options: literalList(child(value, "options")),
    at,
  };
}

function isInputType(type: string): type is InputDefinition["type"] {
  return ["string", "number", "boolean", "choice", "environment"].includes(type);
}

function readSecret({ key, value }: Entry): SecretDefinition {
  return { name: key, isRequired: literalText(child(value, "required")) === "true" };
}
