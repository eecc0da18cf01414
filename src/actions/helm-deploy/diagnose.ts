import { messageOf } from "../../core/errors.ts";
import type { Json } from "../../core/json.ts";
import { manifestObjects } from "../../domain/release/manifest.ts";
import {
  conditionRows,
  type FailedRollout,
  tellingEvents,
  tellingLine,
  tellingLogs,
  tellingPod,
} from "../../domain/rollout/telling-pod.ts";
import { templateDiff } from "../../domain/rollout/template-diff.ts";
import { sha256Of } from "../../platform/chart.ts";
import { parseManifest } from "../../platform/yaml.ts";
import { type PodLog, readPodLog } from "./pod-log.ts";
import type { Rendered } from "./render.ts";
import type { Session } from "./session.ts";

/** What the cluster had to say about a failed rollout, gathered before anything is rolled back. */
export interface Diagnosis {
  /** The last telling line of the failing container's log. */
  readonly lastWords?: string;
  /** Markdown. */
  readonly text: string;
  readonly details: { readonly [key: string]: Json };
}

export interface Failed extends FailedRollout {
  readonly sentence: string;
  readonly rendered: Pick<Rendered, "release" | "objects">;
  /** Helm's revision before the failed one. */
  readonly before?: number;
  /** Of a hook that failed, kept for when its pod is gone. */
  readonly hookLog?: PodLog;
}

const mostLogs = 3;

/** Prints and returns what explains a failure. Never fails: what cannot be had is a sentence or is left out. */
export async function diagnose(session: Session, failed: Failed): Promise<Diagnosis> {
  try {
    return await gather(session, failed);
  } catch (error) {
    const sentence = `The failure could not be looked into: ${messageOf(error)}`;
    session.context.runner.info(sentence);
    return { text: sentence, details: { events: [] } };
  }
}

async function gather(session: Session, failed: Failed): Promise<Diagnosis> {
  const pod = tellingPod(failed);
  const wanted = pod === undefined ? [] : tellingLogs(pod, failed.signal).slice(0, mostLogs);
  // A cancelled step has seconds to live: what must be asked for is left out.
  const isHurried = failed.reason === "cancelled";
  const [asked, diff] = await Promise.all([
    isHurried ? [] : Promise.all(wanted.map((one) => readPodLog(session, pod?.name ?? "", one))),
    isHurried ? [] : readTemplateDiff(session, failed),
  ]);
  const isUnheard = asked.every(({ isMissing }) => isMissing === true);
  const logs = isUnheard && failed.hookLog !== undefined ? [failed.hookLog] : asked;
  const events = tellingEvents(failed, pod);
  const conditions = conditionRows(failed, pod);
  await print(session, failed, { events, logs, conditions, diff });
  const [first] = logs;
  const lastWords = first === undefined || first.isMissing === true ? undefined : tellingLine(first.lines);
  return {
    ...(lastWords === undefined ? {} : { lastWords }),
    text: markdown({ events, logs, conditions, diff }),
    details: {
      ...(pod === undefined ? {} : { pod: pod.name }),
      ...(failed.signal?.container === undefined ? {} : { container: failed.signal.container }),
      events,
      ...(first === undefined ? {} : { log: { title: first.title, lines: first.lines } }),
      logs: logs.map(({ title, lines }) => ({ title, lines })),
      conditions: conditions.map(([of, type, status, said]) => ({ of, type, status, said })),
      templateDiff: diff,
    },
  };
}

interface Found {
  readonly events: readonly string[];
  readonly logs: readonly PodLog[];
  readonly conditions: readonly (readonly [string, string, string, string])[];
  readonly diff: readonly string[];
}

async function print({ context }: Session, failed: Failed, found: Found): Promise<void> {
  const { runner } = context;
  const group = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? undefined : runner.group(title, async () => runner.printForeign(lines));
  const sentence = failed.sentence ?? failed.signal?.text;
  if (sentence !== undefined) runner.info(`Failed (${failed.reason}): ${sentence}`);
  await group("Events", found.events);
  for (const { title, lines } of found.logs) await group(title, lines);
  const rows = found.conditions.map(([of, type, status, said]) => `${of}: ${type}=${status} ${said}`.trim());
  await group("Conditions", rows);
  await group("Pod template, before and after", found.diff);
}

function markdown({ events, logs, conditions, diff }: Found): string {
  const rows = conditions.map((row) => `| ${row.map(cell).join(" | ")} |`);
  return [
    ...(events.length === 0 ? [] : ["**Events**", fenced(events)]),
    ...logs.flatMap(({ title, lines }) => [`**${title}**`, fenced(lines)]),
    ...(rows.length === 0
      ? []
      : ["**Conditions**", ["| of | condition | status | said |", "|---|---|---|---|", ...rows].join("\n")]),
    ...(diff.length === 0 ? [] : ["**Pod template, before and after**", fenced(diff, "diff")]),
  ].join("\n\n");
}

async function readTemplateDiff(session: Session, { rendered, before }: Failed): Promise<readonly string[]> {
  if (before === undefined || rendered === undefined) return [];
  const { cluster, inputs } = session;
  try {
    const text = await cluster.helm.getManifest(rendered.release, inputs.namespace, before);
    const hide = (value: string) => `(hidden, ${sha256Of(value).slice(0, 15)})`;
    return templateDiff(manifestObjects(await parseManifest(text)), rendered.objects, hide);
  } catch (error) {
    return [`The manifest of revision ${before} could not be read: ${messageOf(error)}`];
  }
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replace(/\r?\n/g, " ");
}

function fenced(lines: readonly string[], language = "text"): string {
  return `\`\`\`${language}\n${lines.join("\n").replaceAll("```", "'''")}\n\`\`\``;
}
