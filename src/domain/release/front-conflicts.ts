import { listAt, numberAt } from "../../core/json.ts";
import { labelOf, type ManifestObject } from "./manifest.ts";

/** What a colour has to do with the traffic in front of the pair. */
export interface FrontClaim {
  readonly release: string;
  readonly objects: readonly ManifestObject[];
  /** The object that sends the traffic; it belongs to neither colour. */
  readonly front: { readonly kind: string; readonly name: string };
  /** The Service of this colour that the front sends to. */
  readonly service: string;
  readonly port?: number;
}

/**
 * Why this colour cannot stand behind its front, one sentence each: a chart that owns the front would put every switch
 * back with its next upgrade, and a Service that is not there cannot be switched to.
 */
export function frontConflicts({ release, objects, front, service, port }: FrontClaim): readonly string[] {
  const owned = objects
    .filter(({ kind, name }) => kind === front.kind && name === front.name)
    .map(
      (one) =>
        `${labelOf(one)} is the front of the two colours, so release ${release} must not render it: name the chart's objects after the release`,
    );
  const services = objects.filter(({ kind }) => kind === "Service");
  const own = services.find(({ name }) => name === service);
  if (own === undefined) {
    const there = services.map(({ name }) => name).join(", ") || "no Service";
    return [
      ...owned,
      `Input "traffic" sends to Service ${service}, which release ${release} does not render: it renders ${there}`,
    ];
  }
  if (port === undefined || portsOf(own).includes(port)) return owned;
  return [
    ...owned,
    `Input "traffic" sends to port ${port} of Service ${service}, which has ${portsOf(own).join(", ") || "no port"}`,
  ];
}

function portsOf({ body }: ManifestObject): readonly number[] {
  return listAt(body, "spec", "ports").flatMap((one) => numberAt(one, "port") ?? []);
}
