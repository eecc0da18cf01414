import { ConfigError } from "../core/errors.ts";
import { textAt } from "../core/json.ts";
import {
  canaries,
  canaryPatch,
  canaryPercent,
  canaryProblems,
  type Ingresses,
} from "../domain/traffic/nginx.ts";
import { canaryIngress, rulesPatch } from "../domain/traffic/nginx-canary.ts";
import { type NginxTraffic, nameRoute, routeResource } from "../domain/traffic/traffic.ts";
import { formatPercent, mustBeWeight } from "../domain/traffic/weight.ts";
import { ConflictError } from "./kubectl-errors.ts";
import type { TrafficSwitch } from "./traffic.ts";
import {
  armsToCheck,
  changeObject,
  type Deadline,
  deadlineOf,
  mustBeAtHome,
  mustHaveEndpoints,
  type Place,
  readRoute,
} from "./traffic-object.ts";

type NginxPlace = Place<NginxTraffic>;

/** The weight annotation of the canary Ingress beside the main one, which is made where it is missing. */
export function nginxSwitch(place: NginxPlace): TrafficSwitch {
  const { traffic } = place;
  return {
    readWeight: async () => canaryPercent(traffic, await readIngresses(place)),
    setWeight: async (percent, limits = {}) => {
      const until = deadlineOf(limits);
      mustBeWeight(percent);
      const before = await readIngresses(place);
      await mustHaveEndpoints(place, armsToCheck(traffic, canaryPercent(traffic, before), percent), percent);
      if (percent > 0) await ensureCanary(place, before, { percent, until });
      await patchWeights(place, percent, until);
      const reached = canaryPercent(traffic, await readIngresses(place));
      const sentence =
        `weight ${formatPercent(reached)} % written beside ${nameRoute(traffic)}: ` +
        "an Ingress has no condition that says whether its controller follows";
      return { percent: reached, sentence };
    },
    problems: async (...percents) => canaryProblems(traffic, await readIngresses(place), percents),
  };
}

interface Wanted {
  readonly percent: number;
  readonly until: Deadline;
}

/** A canary Ingress for every host and path that leads to the stable Service. */
async function ensureCanary(
  place: NginxPlace,
  ingresses: Ingresses,
  { percent, until }: Wanted,
): Promise<void> {
  const { cluster, traffic } = place;
  const [problem] = canaryProblems(traffic, ingresses, [percent]);
  if (problem !== undefined) throw new ConfigError(problem);
  const found = canaries(traffic, ingresses);
  if (found.length === 0) {
    try {
      await cluster.create(canaryIngress(traffic, ingresses.main));
    } catch (error) {
      // Made by somebody else since it was looked for: what it says is found out below.
      if (!(error instanceof ConflictError)) throw error;
    }
  }
  for (const { name, isOurs } of found) {
    if (!isOurs) continue;
    const follow = (canary: unknown) => rulesPatch(traffic, ingresses.main, canary);
    await changeObject(targetOf(place, name), follow, until);
  }
}

async function patchWeights(place: NginxPlace, percent: number, until: Deadline): Promise<void> {
  const { traffic } = place;
  const { main, all } = await readIngresses(place);
  for (const { name } of canaries(traffic, { main, all })) {
    const patchOf = (object: unknown) =>
      canaries(traffic, { main, all: [object] }).flatMap((canary) => canaryPatch(traffic, canary, percent));
    await changeObject(targetOf(place, name), patchOf, until);
  }
}

async function readIngresses(place: NginxPlace): Promise<Ingresses> {
  mustBeAtHome(place);
  const main = await readRoute(place);
  const all = await place.cluster.list(routeResource(place.traffic), place.routeNamespace);
  return { main, all: all.filter((one) => textAt(one, "metadata", "name") !== place.traffic.route.name) };
}

function targetOf({ cluster, traffic, routeNamespace }: NginxPlace, name: string) {
  return { cluster, resource: routeResource(traffic), name, namespace: routeNamespace };
}
