import type { Json } from "../../core/json.ts";
import type { VerdictKind } from "../../core/verdict.ts";

export const evidenceSchema = "sluice.evidence/v1";

/** What was judged. An evidence that names a digest speaks for that digest alone. */
export interface EvidenceSubject {
  readonly digest?: string;
  readonly image?: string;
  readonly release?: string;
  readonly namespace?: string;
  readonly environment?: string;
  readonly url?: string;
  readonly path?: string;
}

/** The run that left the evidence, as GitHub names it. */
export interface EvidenceRun {
  readonly repository: string;
  readonly commit: string;
  readonly runId: string;
  readonly attempt: number;
  readonly job: string;
  readonly actor: string;
  readonly url: string;
}

/** The JSON file an action leaves: what it saw, what it allowed, how it decided. */
export interface Evidence {
  readonly schema: typeof evidenceSchema;
  readonly action: string;
  readonly mode?: string;
  readonly verdict: VerdictKind;
  readonly reasons: readonly string[];
  readonly subject: EvidenceSubject;
  readonly run: EvidenceRun;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly finishedAt: string;
  /** What was seen and allowed, enough to replay the decision. Shape per action. */
  readonly details: { readonly [key: string]: Json | undefined };
}
