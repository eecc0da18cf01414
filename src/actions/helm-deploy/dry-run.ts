import { fail, pass, type Verdict } from "../../core/verdict.ts";
import { lastLines } from "../../platform/shell.ts";
import type { Rendered } from "./render.ts";
import type { Session } from "./session.ts";

const timeoutMs = 60_000;

/**
 * Asks the cluster whether it would take the whole manifest. Helm applies object by object: without this, a field
 * that cannot be changed is found when the objects before it are changed already.
 */
export async function dryRun({ cluster, inputs }: Session, rendered: Rendered): Promise<Verdict> {
  const items = rendered.objects.filter(({ isHook }) => !isHook).map(({ body }) => body);
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  const args = ["apply", "--server-side", "--dry-run=server", "--force-conflicts", "--field-manager=helm"];
  const ran = await cluster.kubectl.run([...args, "-n", inputs.namespace, "-f", "-", "-o", "name"], {
    stdin: list,
    timeoutMs,
  });
  if (ran.exitCode === 0 && !ran.timedOut) return pass;
  return fail(`The cluster would refuse release ${rendered.release}: ${lastLines(ran.stderr)}`);
}
