import { ConfigError, OutsideError } from "../core/errors.ts";
import { addressesOf, slicesOf } from "../domain/traffic/endpoints.ts";
import {
  partProblem,
  type Services,
  selectorPatch,
  servingPercent,
  switchProblems,
} from "../domain/traffic/service.ts";
import { nameRoute, type ServiceTraffic } from "../domain/traffic/traffic.ts";
import type { TrafficSwitch } from "./traffic.ts";
import {
  changeObject,
  type Deadline,
  deadlineOf,
  isOver,
  mustBeAtHome,
  mustHaveEndpoints,
  type Place,
  pause,
  readRoute,
  routeTarget,
} from "./traffic-object.ts";

type ServicePlace = Place<ServiceTraffic>;

/** A Service whose selector is one arm's or the other's: weights 0 and 100, changed by one patch. */
export function serviceSwitch(place: ServicePlace): TrafficSwitch {
  const { traffic } = place;
  return {
    readWeight: async () => {
      mustBeAtHome(place);
      return servingPercent(traffic, await readServices(place, await readRoute(place)));
    },
    setWeight: async (percent, limits = {}) => {
      const until = deadlineOf(limits);
      mustBeAtHome(place);
      const part = partProblem(traffic, percent);
      if (part !== undefined) throw new ConfigError(part);
      const service = percent === 0 ? traffic.stable.service : traffic.candidate.service;
      await switchTo(place, { service, percent }, until);
      return { percent, sentence: `${nameRoute(traffic)} selects the pods of ${service}` };
    },
    problems: async (...percents) => {
      mustBeAtHome(place);
      const { resource, name, namespace } = routeTarget(place);
      const front = await place.cluster.get(resource, name, namespace);
      return switchProblems(traffic, await readServices(place, front), percents);
    },
  };
}

interface Arm {
  readonly service: string;
  readonly percent: number;
}

async function switchTo(place: ServicePlace, { service, percent }: Arm, until: Deadline): Promise<void> {
  const { cluster, traffic, namespace } = place;
  const services = await readServices(place, await readRoute(place));
  const arm = percent === 0 ? services.stable : services.candidate;
  if (arm === undefined) {
    throw new OutsideError(`Weight ${percent} was not set: there is no Service ${service} in ${namespace}`);
  }
  const [overlap] = switchProblems(traffic, { ...services, front: undefined }, []);
  if (overlap !== undefined) throw new ConfigError(overlap);
  if (selectorPatch(services.front, arm).length === 0) return;
  await mustHaveEndpoints(place, [service], percent);
  await changeObject(routeTarget(place), (front) => selectorPatch(front, arm), until);
  for (;;) {
    const [ahead, behind] = await Promise.all(
      [traffic.route.name, service].map((one) => cluster.list("endpointslices", namespace, slicesOf(one))),
    );
    const strays = straysOf(ahead ?? [], behind ?? []);
    if (strays === undefined) return;
    if (isOver(until.deadline)) {
      throw new OutsideError(`${nameRoute(traffic)} was switched to ${service}, but ${strays}`);
    }
    await pause(until.signal);
  }
}

/** What the endpoints of the front still lack of being the arm's alone. */
function straysOf(ahead: readonly unknown[], behind: readonly unknown[]): string | undefined {
  const front = addressesOf(ahead, "ready");
  const arm = addressesOf(behind, "all");
  const strays = [...front].filter((address) => !arm.has(address));
  if (strays.length > 0) return `${strays.length} of its ${front.size} endpoints are still others'`;
  return front.size === 0 ? "it has no ready endpoint yet" : undefined;
}

async function readServices(place: ServicePlace, front: unknown): Promise<Services> {
  const { cluster, traffic, namespace } = place;
  const [stable, candidate] = await Promise.all([
    cluster.get("service", traffic.stable.service, namespace),
    cluster.get("service", traffic.candidate.service, namespace),
  ]);
  return { front, stable, candidate };
}
