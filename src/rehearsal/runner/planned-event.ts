import { matchesBranch } from "./environments.ts";
import { literalList } from "./node.ts";
import type { Refusals } from "./refusals.ts";
import type { Trigger, WorkflowFile } from "./workflow-syntax.ts";

/** Refuses an event that would not start the workflow on GitHub, or whose filters are not modelled. */
export function refuseOtherEvent(
  file: WorkflowFile,
  { event, ref }: { readonly event: string; readonly ref: string },
  refusals: Refusals,
): void {
  const trigger = file.triggers.find((one) => one.event === event);
  if (trigger === undefined) {
    const known = file.triggers.map((one) => one.event).join(", ");
    refusals.add(file.at, `the workflow is not started by "${event}": it has ${known}`);
    return;
  }
  if (event === "push") refuseOtherPush(trigger, ref, refusals);
}

function refuseOtherPush({ filters, at }: Trigger, ref: string, refusals: Refusals): void {
  for (const filter of filters) {
    if (filter.key !== "branches") {
      refusals.add(filter.at, `"${filter.key}" of a push is not modelled by the rehearsal`);
      continue;
    }
    const branch = ref.replace(/^refs\/heads\//, "");
    const patterns = literalList(filter.value);
    if (patterns.some((pattern) => pattern.startsWith("!"))) {
      refusals.add(filter.at, "branches that are excluded are not modelled by the rehearsal");
    } else if (!patterns.some((pattern) => matchesBranch(pattern.replaceAll("**", "**/*"), branch))) {
      refusals.add(at, `the workflow is not started by a push to "${ref}": it has ${patterns.join(", ")}`);
    }
  }
}
