// First, and the packages after it by dynamic import: static ones would be loaded before the hook is in place.
import "./github-json.ts";

const parser = await import("@actions/workflow-parser");
const expressions = await import("@actions/expressions");

/** GitHub's own workflow parser. */
export const { parseWorkflow, convertWorkflowTemplate, NoOperationTraceWriter } = parser;
/** GitHub's own token predicates. */
export const { isBasicExpression, isBoolean, isMapping, isNumber, isSequence, isString } = parser;
/** GitHub's own expression language. */
export const { Lexer, Parser, Evaluator, data } = expressions;
