import { combine, fail, pass, type Verdict } from "../../core/verdict.ts";
import { beforeRecreate } from "../../domain/release/downtime.ts";
import { identityOf, type ManifestObject } from "../../domain/release/manifest.ts";
import { isForbidden, isUnaskable, refusalSentences, unknownKinds } from "../../domain/release/refusals.ts";
import { UnreachableError } from "../../platform/kubectl-errors.ts";
import { askToApply, type DryRunAnswer } from "../../platform/live-objects.ts";
import type { Rendered } from "./render.ts";
import { neededRights } from "./rights.ts";
import type { Session } from "./session.ts";

/** What the cluster says to a whole manifest before any of it is applied. */
export type DryRun =
  | { readonly kind: "answered"; readonly objects: ReadonlyMap<string, unknown> }
  /** It would not take it; each reason names object and field. */
  | { readonly kind: "refused"; readonly reasons: readonly [string, ...string[]] }
  /** The identity may not ask. */
  | { readonly kind: "forbidden"; readonly why: string }
  /** Somebody's admission webhook cannot be asked without acting. */
  | { readonly kind: "unaskable"; readonly why: string };

/** Asks the cluster what each object would become. */
export async function askCluster({ cluster, inputs }: Session, rendered: Rendered): Promise<DryRun> {
  const kept = rendered.objects.filter(({ isHook }) => !isHook);
  const objects = inputs.strategy === "recreate" ? beforeRecreate(kept) : kept;
  const ask = (some: readonly ManifestObject[]) => askToApply(cluster.kubectl, inputs.namespace, some);
  const first = await ask(objects);
  // Kinds that the chart itself brings are there only after its definitions are.
  const missing = new Set(unknownKinds(textOf(first)).filter((one) => rendered.ownKinds?.has(one) === true));
  const answers = missing.size === 0 ? first : await ask(objects.filter((one) => !missing.has(kindOf(one))));
  return judge(answers, inputs.namespace);
}

function kindOf({ apiVersion, kind }: ManifestObject): string {
  return `${apiVersion.includes("/") ? apiVersion.split("/")[0] : ""}/${kind}`;
}

function textOf(answers: readonly DryRunAnswer[]): string {
  return answers.map(({ ran }) => (ran.exitCode === 0 ? "" : ran.stderr)).join("\n");
}

function judge(answers: readonly DryRunAnswer[], namespace: string): DryRun {
  const hung = answers.some(({ ran }) => ran.timedOut);
  if (hung) throw new UnreachableError("kubectl apply --dry-run=server was ended after its time was over");
  const text = textOf(answers);
  const [first, ...more] = refusalSentences(text);
  if (first !== undefined) {
    if (isForbidden(text)) return { kind: "forbidden", why: first };
    if (isUnaskable(text)) return { kind: "unaskable", why: first };
    return { kind: "refused", reasons: [first, ...more] };
  }
  const told = answers.flatMap(({ objects }) => objects);
  // A manifest names its namespace or takes the release's: what the cluster answers has it always.
  return {
    kind: "answered",
    objects: new Map(
      told.flatMap((one) => [
        [identityOf(one), one.body] as const,
        ...(one.namespace === namespace ? [[identityOf({ ...one, namespace: "" }), one.body] as const] : []),
      ]),
    ),
  };
}

/**
 * Whether the cluster would take the whole manifest, and this identity may do what it takes. Helm applies object by
 * object: without this, a field that cannot be changed is found when the objects before it are changed already.
 */
export async function dryRun(session: Session, rendered: Rendered): Promise<Verdict> {
  const [asked, rights] = await Promise.all([askCluster(session, rendered), neededRights(session, rendered)]);
  return combine([verdictOf(session, rendered, asked), rights]);
}

function verdictOf({ context }: Session, { release }: Rendered, asked: DryRun): Verdict {
  const refused = `The cluster would refuse release ${release}`;
  switch (asked.kind) {
    case "answered":
      return pass;
    case "refused":
      return combine(asked.reasons.map((one) => fail(`${refused}: ${one}`)));
    case "forbidden":
      return fail(`${refused}: ${asked.why}`);
    case "unaskable":
      context.runner.annotate({
        level: "warning",
        message: `Whether the cluster takes release ${release} is not known before it is applied: ${asked.why}`,
      });
      return pass;
  }
}
