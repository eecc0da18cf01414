import { parseArgs } from "node:util";

/** What somebody wants of the cases. */
export interface Wish {
  /** Names of cases; empty means all. */
  readonly only: readonly string[];
  readonly isShort: boolean;
  readonly isFromSource: boolean;
  /** The world stays up afterwards. */
  readonly isKept: boolean;
  /** The world that was kept earlier is used. */
  readonly isAttached: boolean;
  /** How many cases at once. */
  readonly atOnce: number;
  /** Where the results go as JSON. */
  readonly results?: string;
}

/** Reads the command line of outside.ts; inside.ts is given the same. */
export function readWish(args: readonly string[]): Wish {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string", default: "" },
      short: { type: "boolean", default: false },
      "from-source": { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      attach: { type: "boolean", default: false },
      "at-once": { type: "string", default: "2" },
      results: { type: "string" },
    },
  });
  return {
    only: values.only.split(",").filter((name) => name !== ""),
    isShort: values.short,
    isFromSource: values["from-source"],
    isKept: values.keep,
    isAttached: values.attach,
    atOnce: Number(values["at-once"]),
    ...(values.results === undefined ? {} : { results: values.results }),
  };
}
