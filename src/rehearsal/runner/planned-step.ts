import { readAction } from "./action-file.ts";
import { type ModelledAction, modelledActions } from "./modelled-actions.ts";
import { entriesOf, literalText } from "./node.ts";
import type { PlannedStep } from "./plan.ts";
import type { Refusals } from "./refusals.ts";
import type { Sources } from "./source.ts";
import type { StepSyntax, WorkflowFile } from "./workflow-syntax.ts";

interface Where {
  readonly file: WorkflowFile;
  readonly index: number;
  readonly sources: Sources;
  readonly refusals: Refusals;
}

/** GitHub's limit for one script. */
const maxScript = 21_000;

/** Finds what a step starts; anything the runner cannot play is refused by name. */
export function planStep(syntax: StepSyntax, where: Where): PlannedStep | undefined {
  const id = syntax.id ?? `__step_${where.index + 1}`;
  if (syntax.uses === undefined) {
    refuseBadScript(syntax, where.refusals);
    return { kind: "run", syntax, id };
  }
  const modelled = modelledActions.find((one) => syntax.uses?.startsWith(`${one.repository}@`));
  if (modelled !== undefined) {
    refuseBadModelled(syntax, modelled, where.refusals);
    return { kind: "modelled", syntax, id, action: modelled };
  }
  const found = findAction(syntax.uses, where);
  if (found === undefined) {
    where.refusals.add(
      syntax.at,
      `"${syntax.uses}" is not modelled by the rehearsal: ${usable(where.sources)}`,
    );
    return undefined;
  }
  const action = readAction(found.source, found.path, { at: syntax.at, refusals: where.refusals });
  return action === undefined ? undefined : { kind: "javascript", syntax, id, action };
}

function findAction(uses: string, { file, sources }: Where) {
  const own = /^\$\/([^@]*)$/.exec(uses)?.[1];
  if (own !== undefined) return { source: file.source, path: own };
  const [, repository, path] = /^([^/]+\/[^/@]+)(?:\/([^@]+))?@(.+)$/.exec(uses) ?? [];
  if (repository !== sources.sluice.repository) return undefined;
  return { source: sources.sluice, path: path ?? "" };
}

function usable({ sluice }: Sources): string {
  const theirs = modelledActions.map((one) => one.repository).join(", ");
  return `it runs $/ paths and actions of ${sluice.repository}, and plays ${theirs}`;
}

function refuseBadScript(syntax: StepSyntax, refusals: Refusals): void {
  const script = syntax.run?.kind === "expression" ? syntax.run.expression : (literalText(syntax.run) ?? "");
  if (script.length > maxScript)
    refusals.add(syntax.at, `a script may have ${maxScript} characters: got ${script.length}`);
  const shell = literalText(syntax.shell);
  if (syntax.shell !== undefined && shell !== "bash" && shell !== "sh") {
    refusals.add(syntax.at, `shell "${shell ?? ""}" is not modelled by the rehearsal: bash and sh are`);
  }
}

function refuseBadModelled(syntax: StepSyntax, action: ModelledAction, refusals: Refusals): void {
  const ref = syntax.uses?.split("@")[1] ?? "";
  if (ref !== action.sha) {
    const modelled = `${action.sha} (${action.version})`;
    refusals.add(syntax.at, `${action.repository} is modelled at ${modelled} only: got "${ref}"`);
  }
  for (const { key, at } of entriesOf(syntax.inputs)) {
    if (!action.inputs.includes(key)) {
      refusals.add(at, `input "${key}" of ${action.repository} is not modelled by the rehearsal`);
    }
  }
}
