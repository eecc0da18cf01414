import { expect, test } from "vitest";
import { colourConflicts } from "../../../src/domain/release/candidate-conflicts.ts";
import { frontConflicts } from "../../../src/domain/release/front-conflicts.ts";
import { manifestObjects } from "../../../src/domain/release/manifest.ts";

interface Named {
  readonly name?: string;
  readonly selector?: object;
}

function colour(release: string, { name = release, selector = { instance: release } }: Named = {}) {
  const labels = { app: "web", instance: release };
  return {
    release,
    objects: manifestObjects([
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name },
        spec: { selector: { matchLabels: selector }, template: { metadata: { labels } } },
      },
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: release },
        spec: { selector: { instance: release }, ports: [{ port: 80 }] },
      },
    ]),
  };
}

test("colourConflicts() finds nothing where everything is named after the release", () => {
  expect(colourConflicts(colour("web-blue"), colour("web-green"))).toEqual([]);
});

test("colourConflicts() names an object that both would own", () => {
  const both = { name: "web" };
  expect(colourConflicts(colour("web-blue", both), colour("web-green", both))).toEqual([
    "Deployment web has the same name in web-blue and web-green: name it after the release",
  ]);
});

test("colourConflicts() names a selector that reaches over, also a Deployment's", () => {
  const wide = { selector: { app: "web" } };
  expect(colourConflicts(colour("web-blue", wide), colour("web-green", wide))).toEqual([
    "Deployment web-blue of web-blue also selects pods of web-green: its selector must differ per release",
    "Deployment web-green of web-green also selects pods of web-blue: its selector must differ per release",
  ]);
});

const front = { kind: "Service", name: "web" };

test.each([
  { name: "a Service behind its front", claim: { front, service: "web-green", port: 80 }, says: [] },
  {
    name: "a chart that renders the front",
    claim: { front: { kind: "Service", name: "web-green" }, service: "web-green" },
    says: [
      "Service web-green is the front of the two colours, so release web-green must not render it: name the chart's objects after the release",
    ],
  },
  {
    name: "a Service that is not there",
    claim: { front, service: "web-main" },
    says: [
      'Input "traffic" sends to Service web-main, which release web-green does not render: it renders web-green',
    ],
  },
  {
    name: "a port that it does not have",
    claim: { front, service: "web-green", port: 8080 },
    says: ['Input "traffic" sends to port 8080 of Service web-green, which has 80'],
  },
])("frontConflicts() judges $name", ({ claim, says }) => {
  expect(frontConflicts({ ...colour("web-green"), ...claim })).toEqual(says);
});
