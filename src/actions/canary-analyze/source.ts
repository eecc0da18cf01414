import { formatMs } from "../../core/duration.ts";
import { ConfigError } from "../../core/errors.ts";
import type { Clock } from "../../platform/clock.ts";
import type { MetricsSource } from "../../platform/prometheus.ts";
import type { SourceInputs } from "./source-inputs.ts";

/** Where the metrics come from, and whose time it is there. */
export interface OpenSource {
  readonly clock: Clock;
  readonly metrics: MetricsSource;
}

export interface SourceUse {
  readonly mask: (secret: string) => void;
  /** How much of a recording is still to come when the clock starts; at its end where that is nothing. */
  readonly aheadMs: number;
}

/** The newest sample of a recording is read by a look that much later. */
const settleMs = 1000;

/** Opens what the inputs name. A recording has a clock of its own, in which nothing is waited for. */
export async function openSource(
  { source }: { readonly source: SourceInputs },
  { mask, aheadMs }: SourceUse,
): Promise<OpenSource> {
  if (source.kind === "series") return await openRecording(source.path, aheadMs);
  const [{ systemClock }, { openPrometheus }, { alignedSource }] = await Promise.all([
    import("../../platform/clock.ts"),
    import("../../platform/prometheus-access.ts"),
    import("../../platform/aligned-source.ts"),
  ]);
  return { clock: systemClock, metrics: alignedSource(openPrometheus(source.access, mask)) };
}

async function openRecording(path: string, aheadMs: number): Promise<OpenSource> {
  const { recordedClock, seriesSource } = await import("../../platform/series-source.ts");
  const metrics = await seriesSource("series", path);
  const { firstMs, lastMs } = metrics.recorded;
  const startMs = lastMs + settleMs - aheadMs;
  if (startMs >= firstMs) return { clock: recordedClock(startMs), metrics };
  throw new ConfigError(
    `Input "duration" must not be longer than what "series" holds (${formatMs(lastMs - firstMs)}): got ${formatMs(aheadMs)}`,
  );
}
