import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ConfigError } from "../../core/errors.ts";
import type { ActionFile } from "./action-file.ts";
import { evaluateNodeText, evaluateText, evaluateTexts, type Scope } from "./expressions.ts";
import type { JobMachine } from "./job-machine.ts";
import { child, type Node } from "./node.ts";
import type { PlannedStep } from "./plan.ts";
import { inputVariables } from "./step-environment.ts";
import { templateToExpression } from "./template.ts";

/** A program to start for a step. */
export interface StepStart {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The shell, script and folder of a `run:` step; defaults of job and workflow apply, the nearest first. */
export function startOfScript(
  step: PlannedStep & { kind: "run" },
  scope: Scope,
  { machine, defaults }: { machine: JobMachine; defaults: readonly (Node | undefined)[] },
): StepStart {
  const { syntax } = step;
  const fallback = (key: string) =>
    defaults.map((node) => child(child(node, "run"), key)).find((node) => node);
  const folder = evaluateNodeText(syntax.workingDirectory ?? fallback("working-directory"), scope);
  const shell = evaluateNodeText(syntax.shell ?? fallback("shell"), scope);
  const script = join(machine.temp, `${randomUUID()}.sh`);
  writeFileSync(script, evaluateNodeText(syntax.run, scope));
  return { ...shellOf(shell, script), cwd: resolve(machine.workspace, folder), env: {} };
}

// Without a shell GitHub starts bash without pipefail; that difference is the workflow's to make.
function shellOf(shell: string, script: string): { program: string; args: readonly string[] } {
  if (shell === "") return { program: "bash", args: ["-e", script] };
  if (shell === "bash")
    return { program: "bash", args: ["--noprofile", "--norc", "-eo", "pipefail", script] };
  if (shell === "sh") return { program: "sh", args: ["-e", script] };
  throw new ConfigError(`shell "${shell}" is not modelled by the rehearsal: bash and sh are`);
}

/** The script of a JavaScript action, with its inputs in the environment. */
export function startOfAction(
  action: ActionFile,
  script: string,
  { machine, inputs }: { machine: JobMachine; inputs: Readonly<Record<string, string>> },
): StepStart {
  const file = join(action.source.folder ?? "", action.path, script);
  return { program: process.execPath, args: [file], cwd: machine.workspace, env: inputVariables(inputs) };
}

/** The inputs of an action: what the step gives, then the defaults of action.yml, evaluated. */
export function actionInputs(action: ActionFile, given: Node | undefined, scope: Scope) {
  const values = evaluateTexts(given, scope);
  const warnings: string[] = [];
  const inputs: Record<string, string> = {};
  const declared = new Map(action.inputs.map((input) => [input.name.toLowerCase(), input]));
  for (const { name, defaultValue } of action.inputs) {
    if (defaultValue === undefined) inputs[name] = "";
    else inputs[name] = evaluateText(templateToExpression(defaultValue), scope);
  }
  for (const [name, value] of Object.entries(values)) {
    const input = declared.get(name.toLowerCase());
    if (input === undefined) warnings.push(unexpectedInput(name, action));
    else if (input.deprecation !== undefined)
      warnings.push(`Input '${name}' has been deprecated: ${input.deprecation}`);
    inputs[input?.name ?? name] = value;
  }
  return { inputs, warnings };
}

function unexpectedInput(name: string, { inputs }: ActionFile): string {
  const valid = inputs.map((input) => `'${input.name}'`).join(", ");
  return `Unexpected input(s) '${name}', valid inputs are [${valid}]`;
}
