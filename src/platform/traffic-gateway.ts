import { OutsideError } from "../core/errors.ts";
import { judgeAcceptance } from "../domain/traffic/acceptance.ts";
import { candidatePercent, sharedRules } from "../domain/traffic/route.ts";
import { type GatewayTraffic, nameRoute } from "../domain/traffic/traffic.ts";
import { formatPercent, mustBeWeight } from "../domain/traffic/weight.ts";
import { backendPatch, weightPatch, weightProblems } from "../domain/traffic/weight-patch.ts";
import type { TrafficSwitch } from "./traffic.ts";
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

type GatewayPlace = Place<GatewayTraffic>;

/** The weights of an HTTPRoute or a GRPCRoute. A weight is set when every gateway of the route has accepted it. */
export function gatewaySwitch(place: GatewayPlace): TrafficSwitch {
  const { traffic, namespace } = place;
  return {
    readWeight: async () => weightOf(place, await readRoute(place)),
    setWeight: async (percent, limits = {}) => {
      const until = deadlineOf(limits);
      mustBeWeight(percent);
      const from = weightOf(place, await readRoute(place));
      await mustHaveEndpoints(place, armsToCheck(traffic, from, percent), percent);
      const accepted = await patchWeight(place, percent, until);
      const reached = weightOf(place, accepted);
      return {
        percent: reached,
        sentence: `weight ${formatPercent(reached)} % accepted by the gateways of ${nameRoute(traffic)}`,
      };
    },
    problems: async (...percents) => {
      const route = await readRoute(place);
      return problemsOf(percents, (percent) => weightProblems(route, { traffic, namespace, percent }));
    },
  };
}

function weightOf({ traffic, namespace }: GatewayPlace, route: unknown): number {
  return Math.max(...sharedRules(route, traffic, namespace).map((rule) => candidatePercent(rule) ?? 0));
}

/** Returns the route as the gateways accepted it. */
async function patchWeight(place: GatewayPlace, percent: number, until: Deadline): Promise<unknown> {
  const { traffic, namespace } = place;
  const target = routeTarget(place);
  const wanted = { traffic, namespace, percent };
  if (percent > 0) {
    // A backend that was never resolved before gets no share of anybody's requests.
    const isNew = await changeObject(target, (route) => backendPatch(route, wanted), until);
    if (isNew) await waitUntilAccepted(place, 0, until);
  }
  await changeObject(target, (route) => weightPatch(route, wanted), until);
  return waitUntilAccepted(place, percent, until);
}

async function waitUntilAccepted(
  place: GatewayPlace,
  percent: number,
  { deadline, signal }: Deadline,
): Promise<unknown> {
  const mayMissBackend = await isIdleAloneMissing(place, percent);
  for (;;) {
    const route = await readRoute(place);
    const acceptance = judgeAcceptance(route, { mayMissBackend });
    if (acceptance.kind === "accepted") return route;
    if (isOver(deadline)) {
      throw new OutsideError(
        `${nameRoute(place.traffic)} was given weight ${percent}, but not accepted in time: ${acceptance.reason}`,
      );
    }
    await pause(signal);
  }
}

/** The candidate that is not installed yet, or the colour that was removed after the switch. */
async function isIdleAloneMissing(
  { cluster, traffic, namespace }: GatewayPlace,
  percent: number,
): Promise<boolean> {
  if (percent > 0 && percent < 100) return false;
  const [stable, candidate] = await Promise.all([
    cluster.get("service", traffic.stable.service, namespace),
    cluster.get("service", traffic.candidate.service, namespace),
  ]);
  const [serves, idle] = percent === 0 ? [stable, candidate] : [candidate, stable];
  return serves !== undefined && idle === undefined;
}
