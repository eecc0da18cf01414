import { setTimeout as sleep } from "node:timers/promises";
import { messageOf, OutsideError } from "../core/errors.ts";
import { routePercent, sharedRoutes } from "../domain/traffic/istio.ts";
import { istioPatch, istioProblems, judgeIstio } from "../domain/traffic/istio-patch.ts";
import { type IstioTraffic, nameRoute } from "../domain/traffic/traffic.ts";
import { formatPercent, mustBeWeight } from "../domain/traffic/weight.ts";
import type { TrafficSwitch } from "./traffic.ts";
import { dropSubset, ensureSubset, readSubsets, subsetsMustAnswer } from "./traffic-istio-subset.ts";
import {
  armsToCheck,
  changeObject,
  type Deadline,
  deadlineOf,
  isOver,
  mustHaveEndpoints,
  type Place,
  pause,
  problemsOf,
  readRoute,
  routeTarget,
} from "./traffic-object.ts";

export type IstioPlace = Place<IstioTraffic>;

export interface IstioTimes {
  /** What proxies are given to learn of a subset before it is routed to, and of a route before its subset goes. */
  readonly propagationMs: number;
}

const usualTimes: IstioTimes = { propagationMs: 3_000 };

/** The weights of a VirtualService, between two hosts or two subsets of one. */
export function istioSwitch(place: IstioPlace, times: IstioTimes = usualTimes): TrafficSwitch {
  const { traffic, namespace } = place;
  return {
    readWeight: async () => weightOf(place, await readRoute(place)),
    setWeight: async (percent, limits = {}) => {
      const until = deadlineOf(limits);
      mustBeWeight(percent);
      const from = weightOf(place, await readRoute(place));
      const isNewSubset = percent > 0 && (await ensureSubset(place, until));
      await mustAnswer(place, from, percent);
      if (isNewSubset) await sleep(times.propagationMs, undefined, until.signal && { signal: until.signal });
      await changeObject(
        routeTarget(place),
        (object) => istioPatch(object, { traffic, namespace, percent }),
        until,
      );
      const { object, said } = await waitForIstio(place, percent, until);
      const left = percent === 0 ? await cleanUp(place, times, until) : "";
      const reached = weightOf(place, object);
      const sentence = `weight ${formatPercent(reached)} % ${said} ${nameRoute(traffic)}${left}`;
      return { percent: reached, sentence };
    },
    problems: async (...percents) => {
      const object = await readRoute(place);
      if (traffic.stable.subset !== undefined) await readSubsets(place);
      return problemsOf(percents, (percent) => istioProblems(object, { traffic, namespace, percent }));
    },
  };
}

function weightOf({ traffic, namespace }: IstioPlace, object: unknown): number {
  return Math.max(...sharedRoutes(object, traffic, namespace).map(routePercent));
}

async function mustAnswer(place: IstioPlace, from: number, to: number): Promise<void> {
  const { stable, candidate } = place.traffic;
  if (stable.subset === undefined) return mustHaveEndpoints(place, armsToCheck(place.traffic, from, to), to);
  const subsets = to === 0 ? (from === 100 ? [stable] : []) : to < 100 ? [stable, candidate] : [candidate];
  await subsetsMustAnswer(place, subsets, to);
}

/** Waits where Istio keeps a status; where it does not, there is nothing to wait for, and the sentence says so. */
async function waitForIstio(
  place: IstioPlace,
  percent: number,
  { deadline, signal }: Deadline,
): Promise<{ readonly object: unknown; readonly said: string }> {
  for (;;) {
    const object = await readRoute(place);
    const says = judgeIstio(object);
    if (says.kind === "accepted") return { object, said: "accepted by Istio on" };
    if (says.kind === "silent")
      return { object, said: "written, and Istio keeps no condition to wait for, on" };
    // A candidate that gets nothing may be gone, which Istio calls an error.
    if (says.kind === "seen" && percent === 0) return { object, said: "seen by Istio on" };
    if (isOver(deadline)) {
      throw new OutsideError(
        `${nameRoute(place.traffic)} was given weight ${percent}, but not accepted in time: ${says.reason}`,
      );
    }
    await pause(signal);
  }
}

/** Removes the subset that we made. Traffic is home by then: what fails here is said and does no harm. */
async function cleanUp(place: IstioPlace, { propagationMs }: IstioTimes, until: Deadline): Promise<string> {
  if (place.traffic.candidate.subset === undefined) return "";
  if (Date.now() + propagationMs >= until.deadline) return "; its subset stays for want of time";
  try {
    return await dropSubset(place, propagationMs, until);
  } catch (error) {
    return `; its subset stays: ${messageOf(error)}`;
  }
}
