import { parseArgs } from "node:util";
import { ConfigError, messageOf } from "../core/errors.ts";

/** What the user of `npm run rehearse` wants. */
export type Wish =
  | { readonly kind: "rehearse"; readonly scenarios: readonly string[]; readonly options: RehearseOptions }
  | { readonly kind: "prepare" }
  | { readonly kind: "clean" }
  | { readonly kind: "list" }
  | { readonly kind: "help" };

export interface RehearseOptions {
  /** `ask` asks a person at the terminal. */
  readonly approve: "ask" | "yes" | "no";
  readonly keep: boolean;
  /** Folder of the report, made anew. */
  readonly report: string;
  /** Whether a scenario was named: its own end decides the exit code then. */
  readonly isScenario: boolean;
}

export const usage = `npm run rehearse                     the whole chain, with the approval asked at the terminal
npm run rehearse -- --yes            the same where nobody can be asked
npm run rehearse -- --approve no     production is refused
npm run rehearse -- --scenario NAME  something is broken on purpose; several by commas, or all
npm run rehearse -- --keep           leaves the cluster up and says how to look at it
npm run rehearse -- --report FOLDER  where the report goes, rehearsal-report otherwise
npm run rehearse -- list             the scenarios
npm run rehearse -- prepare          only fetches and builds the parts
npm run rehearse -- clean            removes everything the rehearsal has made`;

/** Reads the command line. `isTerminal` tells whether a person can be asked. */
export function readArguments(args: readonly string[], isTerminal: boolean): Wish {
  const { values, positionals } = parse(args);
  if (values.help) return { kind: "help" };
  const [command, ...rest] = positionals;
  if (rest.length > 0) throw new ConfigError(`rehearse takes one command: got "${positionals.join(" ")}"`);
  if (command === "clean" || command === "list" || command === "prepare") return { kind: command };
  if (command !== undefined) {
    throw new ConfigError(`rehearse knows the commands list, prepare and clean: got "${command}"`);
  }
  const approve = readApproval(values.approve, values.yes ?? false);
  if (approve === "ask" && !isTerminal && values.scenario === undefined) {
    throw new ConfigError(
      "The production approval has nobody to ask without a terminal: npm run rehearse -- --yes",
    );
  }
  return {
    kind: "rehearse",
    scenarios: (values.scenario ?? "good").split(","),
    options: {
      approve: approve === "ask" && !isTerminal ? "yes" : approve,
      keep: values.keep ?? false,
      report: values.report ?? "rehearsal-report",
      isScenario: values.scenario !== undefined,
    },
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        yes: { type: "boolean" },
        approve: { type: "string" },
        scenario: { type: "string" },
        keep: { type: "boolean" },
        report: { type: "string" },
        help: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new ConfigError(`${messageOf(error)}\n\n${usage}`);
  }
}

function readApproval(text: string | undefined, isYes: boolean): RehearseOptions["approve"] {
  if (text === undefined) return isYes ? "yes" : "ask";
  if (text === "yes" || text === "no") return text;
  throw new ConfigError(`Option --approve must be yes or no: got "${text}"`);
}
