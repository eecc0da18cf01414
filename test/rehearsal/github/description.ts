import { readFileSync } from "node:fs";
import { Ajv, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import { trimmedPath } from "../../../src/rehearsal/github/trim-openapi.ts";

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
}

interface Operation {
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[];
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> };
  readonly responses: Readonly<Record<string, { readonly $ref?: string; readonly content?: object }>>;
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly parameters: Readonly<Record<string, Parameter>> };
}

/** One request with its answer, as they went over the wire. */
export interface Exchange {
  readonly method: string;
  /** The path as GitHub's description writes it. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly status: number;
  readonly answer: unknown;
}

const description = JSON.parse(readFileSync(trimmedPath, "utf8"), withNull) as Description;
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true });
(addFormats as unknown as (target: Ajv) => void)(ajv);
ajv.addSchema(description, "github");
const compiled = new Map<string, ValidateFunction>();

// OpenAPI 3.0 says `nullable` where JSON Schema has a type for nothing.
function withNull(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("nullable" in value)) return value;
  const { nullable, ...rest } = value;
  return nullable === true ? { anyOf: [rest, { type: "null" }] } : value;
}

/** What GitHub's own description finds wrong with an exchange; empty when nothing. */
export function faultsOf(exchange: Exchange): readonly string[] {
  const operation = description.paths[exchange.path]?.[exchange.method.toLowerCase()];
  if (operation === undefined) return [`${exchange.method} ${exchange.path} is not described`];
  return [
    ...queryFaults(operation, exchange),
    ...requestFaults(operation, exchange),
    ...answerFaults(operation, exchange),
  ];
}

function queryFaults(operation: Operation, { query }: Exchange): readonly string[] {
  const known = (operation.parameters ?? []).map((one) =>
    "$ref" in one ? description.components.parameters[one.$ref.split("/").at(-1) ?? ""] : one,
  );
  return [...query.keys()]
    .filter((name) => !known.some((parameter) => parameter?.in === "query" && parameter.name === name))
    .map((name) => `query parameter ${name} is not described`);
}

function requestFaults(operation: Operation, exchange: Exchange): readonly string[] {
  if (operation.requestBody === undefined)
    return exchange.body === undefined ? [] : ["a body is not described"];
  // What the stand-in refuses may be wrong; that is why it was refused.
  if (exchange.status >= 400) return [];
  return check(`${pointer(exchange)}/requestBody/content/application~1json/schema`, exchange.body, "request");
}

function answerFaults(operation: Operation, exchange: Exchange): readonly string[] {
  const { status } = exchange;
  const described = operation.responses[String(status)];
  if (described === undefined && status >= 400)
    return check("#/components/schemas/basic-error", exchange.answer, "answer");
  if (described === undefined) return [`status ${status} is not described`];
  if (described.$ref !== undefined) {
    return check(`${described.$ref}/content/application~1json/schema`, exchange.answer, "answer");
  }
  if (described.content === undefined) return [];
  return check(
    `${pointer(exchange)}/responses/${status}/content/application~1json/schema`,
    exchange.answer,
    "answer",
  );
}

function pointer({ method, path }: Exchange): string {
  return `#/paths/${encodeURIComponent(path.replaceAll("~", "~0").replaceAll("/", "~1"))}/${method.toLowerCase()}`;
}

function check(reference: string, value: unknown, what: string): readonly string[] {
  const validate = compiled.get(reference) ?? ajv.compile({ $ref: `github${reference}` });
  compiled.set(reference, validate);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${what}${instancePath} ${message}`);
}
