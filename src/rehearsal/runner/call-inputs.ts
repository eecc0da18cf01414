import { ConfigError } from "../../core/errors.ts";
import { evaluateNode, type Json, type Scope } from "./expressions.ts";
import { entriesOf, type Node } from "./node.ts";
import type { InputDefinition } from "./workflow-syntax.ts";

/** The inputs of a called workflow: what the job gives, else the default, else the empty value of the type. */
export function callInputs(
  definitions: readonly InputDefinition[],
  given: Node | undefined,
  scopes: { readonly caller: Scope; readonly callee: Scope },
): Record<string, Json> {
  const entries = entriesOf(given);
  return Object.fromEntries(
    definitions.map((definition) => {
      const entry = entries.find(({ key }) => key.toLowerCase() === definition.name.toLowerCase());
      if (entry !== undefined)
        return [definition.name, typed(definition, evaluateNode(entry.value, scopes.caller))];
      const { defaultValue } = definition;
      if (defaultValue === undefined) return [definition.name, emptyOf(definition)];
      return [definition.name, typed(definition, evaluateNode(defaultValue, scopes.callee))];
    }),
  );
}

/** The inputs of a dispatch, checked against what the workflow declares. */
export function dispatchInputs(
  definitions: readonly InputDefinition[],
  given: Readonly<Record<string, Json>>,
) {
  for (const name of Object.keys(given)) {
    const isKnown = definitions.some((definition) => definition.name === name);
    if (!isKnown) throw new ConfigError(`Unexpected inputs provided: ["${name}"]`);
  }
  return Object.fromEntries(
    definitions.map((definition) => {
      const value = given[definition.name];
      const { defaultValue } = definition;
      if (value !== undefined) return [definition.name, typed(definition, value)];
      if (definition.isRequired && defaultValue === undefined) {
        throw new ConfigError(`Required input '${definition.name}' not provided`);
      }
      const fallback = defaultValue?.kind === "literal" ? defaultValue.value : emptyOf(definition);
      return [definition.name, typed(definition, fallback)];
    }),
  );
}

function emptyOf({ type }: InputDefinition): Json {
  if (type === "boolean") return false;
  return type === "number" ? 0 : "";
}

function typed(definition: InputDefinition, value: Json): Json {
  const { name, type, options } = definition;
  const refuse = () => new ConfigError(`Input "${name}" must be a ${type}: got ${JSON.stringify(value)}`);
  if (type === "boolean" || type === "number") {
    if (typeof value !== type) throw refuse();
    return value;
  }
  if (value === null) return "";
  if (typeof value === "object") throw refuse();
  if (type === "choice" && !options.includes(String(value))) {
    throw new ConfigError(`Input "${name}" must be one of ${options.join(", ")}: got "${String(value)}"`);
  }
  return String(value);
}
