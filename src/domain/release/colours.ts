/** The two sides of a blue-green pair. A colour says nothing about which side serves: the front object does. */
export const colours = ["blue", "green"] as const;
export type Colour = (typeof colours)[number];

/** The Helm release under which a colour of `release` runs. */
export function colourRelease(release: string, colour: Colour): string {
  return `${release}-${colour}`;
}

/** The colour that a Helm release is of, if it is one of the pair of `release`. */
export function colourOfRelease(release: string, helmRelease: string): Colour | undefined {
  return colours.find((colour) => colourRelease(release, colour) === helmRelease);
}

export function otherColour(colour: Colour): Colour {
  return colour === "blue" ? "green" : "blue";
}

/**
 * The colour that serves, by the weight that the front object shows: in the traffic of a blue-green pair the stable
 * backend is blue and the candidate green. Undefined in between: a switch was cut short by something else than ours.
 */
export function liveColour(greenPercent: number): Colour | undefined {
  if (greenPercent === 0) return "blue";
  return greenPercent === 100 ? "green" : undefined;
}

/** The weight of the green backend with which a colour gets everything. */
export function weightFor(colour: Colour): number {
  return colour === "green" ? 100 : 0;
}

/** The traffic of a pair whose workflow names no front: a Service named after the release, which is ours to make. */
export function pairTraffic(release: string): string {
  return `provider: service
route: {kind: Service, name: ${release}}
stable: {service: ${colourRelease(release, "blue")}}
candidate: {service: ${colourRelease(release, "green")}}
`;
}
