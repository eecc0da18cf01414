import { parse } from "yaml";
import { isRecord, textAt } from "../core/json.ts";

/** What an action.yml declares, as its README tells it. */
export interface DeclaredAction {
  readonly description: string;
  readonly inputs: readonly DeclaredInput[];
  readonly outputs: readonly { readonly name: string; readonly description: string }[];
}

export interface DeclaredInput {
  readonly name: string;
  readonly description: string;
  readonly isRequired: boolean;
  readonly default?: string;
}

export function parseAction(text: string): DeclaredAction {
  const document: unknown = parse(text);
  const entries = (key: string) => {
    const found = isRecord(document) ? document[key] : undefined;
    return isRecord(found) ? Object.entries(found) : [];
  };
  return {
    description: textAt(document, "description") ?? "",
    inputs: entries("inputs").map(([name, input]) => {
      const stated = isRecord(input) ? input.default : undefined;
      return {
        name,
        description: textAt(input, "description") ?? "",
        isRequired: isRecord(input) && input.required === true,
        ...(stated === undefined ? {} : { default: String(stated) }),
      };
    }),
    outputs: entries("outputs").map(([name, output]) => ({
      name,
      description: textAt(output, "description") ?? "",
    })),
  };
}

export function inputTable({ inputs }: DeclaredAction): string {
  const rows = inputs.map((input) => [`\`${input.name}\``, input.description, defaultCell(input)]);
  return table(["input", "meaning", "default"], rows);
}

export function outputTable({ outputs }: DeclaredAction): string {
  return table(
    ["output", "meaning"],
    outputs.map(({ name, description }) => [`\`${name}\``, description]),
  );
}

/** The table of actions in the root README. */
export function actionTable(actions: ReadonlyMap<string, DeclaredAction>): string {
  const rows = [...actions].map(([name, { description }]) => [
    `[${name}](actions/${name}/README.md)`,
    description,
  ]);
  return table(["action", "what it does"], rows);
}

/**
 * The document with the text between `<!-- name -->` and `<!-- /name -->` replaced, or undefined where a marker is
 * missing.
 */
export function fillBetween(document: string, name: string, text: string): string | undefined {
  const start = `<!-- ${name} -->`;
  const end = `<!-- /${name} -->`;
  const from = document.indexOf(start);
  const to = document.indexOf(end);
  if (from === -1 || to < from) return undefined;
  return `${document.slice(0, from)}${start}\n${text}\n${document.slice(to)}`;
}

function defaultCell(input: DeclaredInput): string {
  if (input.isRequired) return "required";
  return input.default === undefined || input.default === "" ? "" : `\`${input.default.trim()}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows.map((row) => row.map(escapeCell))];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function escapeCell(text: string): string {
  return text.trim().replace(/\s+/g, " ").replaceAll("|", "\\|");
}
