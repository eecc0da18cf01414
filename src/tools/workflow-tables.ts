import { parse } from "yaml";

interface DeclaredInput {
  readonly description?: string;
  readonly type?: string;
  readonly required?: boolean;
  readonly default?: unknown;
}

interface DeclaredCall {
  readonly inputs?: Readonly<Record<string, DeclaredInput>>;
  readonly secrets?: Readonly<Record<string, DeclaredInput>>;
  readonly outputs?: Readonly<Record<string, { readonly description?: string }>>;
}

/** The page about a reusable workflow: what it says of itself, and its inputs, secrets and outputs. */
export function workflowSection(file: string, text: string): string {
  const said = text
    .split("\n")
    .filter((line) => line.startsWith("# "))
    .map((line) => line.slice(2));
  const { inputs = {}, secrets = {}, outputs = {} } = callOf(text);
  const inputRows = Object.entries(inputs).map(
    ([name, input]) =>
      `| \`${name}\` | ${input.description ?? ""} | ${input.type ?? ""} | ${defaultOf(input)} |`,
  );
  const secretRows = Object.entries(secrets).map(
    ([name, secret]) => `| \`${name}\` | ${secret.description ?? ""} |`,
  );
  const outputRows = Object.entries(outputs).map(
    ([name, output]) => `| \`${name}\` | ${output.description ?? ""} |`,
  );
  return [
    `## ${file}\n\n${said.join(" ")}\n`,
    table("| input | meaning | type | default |\n| --- | --- | --- | --- |", inputRows),
    table("| secret | meaning |\n| --- | --- |", secretRows),
    table("| output | meaning |\n| --- | --- |", outputRows),
  ]
    .filter((part) => part !== "")
    .join("\n");
}

function callOf(text: string): DeclaredCall {
  const document: { readonly on?: { readonly workflow_call?: DeclaredCall } } = parse(text);
  return document.on?.workflow_call ?? {};
}

function defaultOf(input: DeclaredInput): string {
  if (input.required === true) return "required";
  return input.default === undefined || input.default === "" ? "" : `\`${String(input.default)}\``;
}

function table(head: string, rows: readonly string[]): string {
  return rows.length === 0 ? "" : `${head}\n${rows.join("\n")}\n`;
}
