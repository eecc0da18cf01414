import { at, isRecord, listAt, textAt } from "../../core/json.ts";
import { canonical } from "./manifest.ts";
import { threeWay } from "./three-way.ts";

/** A custom resource definition of the chart beside the one that the cluster has. */
export interface DefinitionChange {
  readonly name: string;
  readonly change: "new" | "changed" | "same";
  /** Versions in which objects are stored and that the chart's definition has no more. */
  readonly lost: readonly string[];
  readonly body: Readonly<Record<string, unknown>>;
}

/** Compares the chart's definitions with the cluster's, by name. */
export function compareDefinitions(
  chart: readonly unknown[],
  live: readonly unknown[],
): readonly DefinitionChange[] {
  return chart
    .filter(isRecord)
    .filter((one) => one.kind === "CustomResourceDefinition")
    .map((body) => {
      const name = textAt(body, "metadata", "name") ?? "";
      const there = live.find((one) => textAt(one, "metadata", "name") === name);
      if (there === undefined) return { name, change: "new", lost: [], body };
      const versions = listAt(body, "spec", "versions").map((one) => textAt(one, "name"));
      const lost = listAt(there, "status", "storedVersions").filter(
        (one): one is string => typeof one === "string" && !versions.includes(one),
      );
      return { name, change: isSame(there, body) ? "same" : "changed", lost, body };
    });
}

// The chart sets the whole list of versions: one that it has no more is taken away.
function isSame(live: unknown, wanted: unknown): boolean {
  const [now, next] = [at(live, "spec"), at(wanted, "spec")];
  return canonical(threeWay(now, next, next)) === canonical(now) && names(now) === names(next);
}

function names(spec: unknown): string {
  return listAt(spec, "versions")
    .map((one) => textAt(one, "name"))
    .toSorted()
    .join();
}

/** Why definitions must not be applied, one sentence each. */
export function definitionRefusals(changes: readonly DefinitionChange[]): readonly string[] {
  return changes.flatMap(({ name, lost }) =>
    lost.map(
      (version) =>
        `CustomResourceDefinition ${name}: objects are stored in version ${version}, which the chart has no more (migrate them, then drop it from status.storedVersions)`,
    ),
  );
}

/** What an approver should know about definitions that Helm leaves as they are. */
export function definitionWarnings(
  changes: readonly DefinitionChange[],
  { mode, isInstall }: { readonly mode: "skip" | "apply"; readonly isInstall: boolean },
): readonly string[] {
  if (mode === "apply") return [];
  return changes
    .filter(({ change }) => change === "changed" || (change === "new" && !isInstall))
    .map(
      ({ name, change }) =>
        `CustomResourceDefinition ${name} ${change === "new" ? "is not in the cluster" : "differs from the chart's"}, and Helm leaves that so on an upgrade: \`crds: apply\` applies it first.`,
    );
}

/** The kinds that the chart's own definitions bring, such as `example.com/Certificate`. */
export function kindsOf(chart: readonly unknown[]): ReadonlySet<string> {
  return new Set(
    chart.map((one) => `${textAt(one, "spec", "group") ?? ""}/${textAt(one, "spec", "names", "kind") ?? ""}`),
  );
}
