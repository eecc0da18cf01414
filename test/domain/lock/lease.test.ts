import { expect, test } from "vitest";
import { abortSentence, readCommand } from "../../../src/domain/lock/command.ts";
import { isHolderGone, isMakerGone } from "../../../src/domain/lock/gone.ts";
import { readStoredRelease, withStatus } from "../../../src/domain/lock/helm-release.ts";
import { identityOf, isEarlierAttempt, isSameJob, runOfIdentity } from "../../../src/domain/lock/holder.ts";
import { leaseOf, microTime } from "../../../src/domain/lock/lease.ts";
import type { TakenFrom } from "../../../src/domain/lock/take.ts";
import type { HelmRevision } from "../../../src/domain/release/history.ts";
import { ago, leaseHeld, now, other, self, stepOf } from "./states.ts";

test("an identity names the run it came from, under an address that a browser opens", () => {
  expect(identityOf(other)).toBe(
    "https://github.com/acme/web/actions/runs/7/attempts/1 job deploy step 0a1b2c3d",
  );
  expect(runOfIdentity(identityOf(other))).toEqual(other.run);
  expect(runOfIdentity("ann's laptop")).toBeUndefined();
});

test("two steps are of one job only in the same attempt of the same run", () => {
  expect(isSameJob(identityOf({ ...self, nonce: "ffffffff" }), self)).toBe(true);
  expect(isSameJob(identityOf(stepOf("100", "recover")), self)).toBe(false);
  expect(isSameJob(identityOf({ ...self, run: { ...self.run, attempt: 2 } }), self)).toBe(false);
  // Outside GitHub there is no run that could tell two of them apart.
  const local = { ...self, run: { ...self.run, id: "", job: "", url: "https://github.com//actions/runs/" } };
  expect(isSameJob(identityOf(local), local)).toBe(false);
});

test("a later attempt of a run knows that the earlier one has ended, and of no other", () => {
  const again = { ...self, run: { ...self.run, attempt: 2 } };
  expect(isEarlierAttempt(identityOf(self), again)).toBe(true);
  expect(isEarlierAttempt(identityOf(stepOf("100", "recover")), again)).toBe(true);
  expect(isEarlierAttempt(identityOf(again), self)).toBe(false);
  expect(isEarlierAttempt(identityOf(self), self)).toBe(false);
  expect(isEarlierAttempt(identityOf(other), again)).toBe(false);
  expect(isEarlierAttempt("ann's laptop", again)).toBe(false);
});

test("leaseOf() reads a Lease as Kubernetes shows it", () => {
  const at = "2026-01-01T00:00:00.000000Z";
  const intent = { holder: "h", reason: "r", actor: "a", at };
  const object = {
    metadata: {
      resourceVersion: "12",
      annotations: {
        "sluice/step": "helm-deploy promote",
        "sluice/intent": JSON.stringify(intent),
        "sluice/command": " pause ",
      },
    },
    spec: {
      holderIdentity: "h",
      acquireTime: at,
      renewTime: at,
      leaseDurationSeconds: 40,
      leaseTransitions: 3,
    },
  };
  expect(leaseOf(object)).toEqual({
    version: "12",
    holder: "h",
    step: "helm-deploy promote",
    acquiredAt: at,
    renewedAt: at,
    durationMs: 40_000,
    transitions: 3,
    intent,
    command: "pause",
  });
  expect(leaseOf(undefined)).toMatchObject({ holder: "", durationMs: 40_000 });
  expect(leaseOf({ metadata: { annotations: { "sluice/intent": "broken" } } }).intent).toBeUndefined();
});

test("microTime() has the six decimals that Kubernetes demands", () => {
  expect(microTime(now)).toBe("2026-01-01T12:00:00.000000Z");
});

test.each([
  { text: "pause", is: { kind: "known", command: "pause", words: "" } },
  { text: "abort: loses orders, ann", is: { kind: "known", command: "abort", words: "loses orders, ann" } },
  { text: "Abort ann", is: { kind: "known", command: "abort", words: "ann" } },
  { text: "paused", is: { kind: "unknown", text: "paused" } },
  { text: "  ", is: { kind: "none" } },
  { text: undefined, is: { kind: "none" } },
])("readCommand() of $text", ({ text, is }) => {
  expect(readCommand(text)).toEqual(is);
});

test("abortSentence() says where the command stood and what was said with it", () => {
  expect(abortSentence("sluice-web", "")).toBe(
    "aborted by command of annotation sluice/command on Lease sluice-web",
  );
  expect(abortSentence("sluice-web", "ann")).toMatch(/: ann$/);
});

const pending = (updated: string): HelmRevision => ({
  revision: 2,
  status: "pending-upgrade",
  chart: "",
  appVersion: "",
  updated,
  description: "",
});

const released = { holder: "" };

test.each([
  { name: "made while it held the Lease", from: "expired", madeAgo: 30, is: true },
  { name: "made after its last renewal, before it expired", from: "over", madeAgo: 1, is: true },
  {
    name: "made by a holder that gave the Lease back",
    from: "free",
    madeAgo: 30,
    change: released,
    is: true,
  },
  { name: "made after the Lease was given back", from: "free", madeAgo: 4, change: released, is: false },
  { name: "made before it held the Lease", from: "expired", madeAgo: 90, is: false },
  { name: "made long after", from: "expired", madeAgo: -100, is: false },
  { name: "of a holder that did not yield", from: "forced", madeAgo: 30, is: false },
  { name: "when there was no Lease", from: "fresh", madeAgo: 30, is: false },
] satisfies readonly {
  name: string;
  from: TakenFrom;
  madeAgo: number;
  change?: typeof released;
  is: boolean;
}[])("isMakerGone() of a state $name", ({ from, madeAgo, change, is }) => {
  expect(isMakerGone({ from, before: leaseHeld(change) }, pending(ago(madeAgo)))).toBe(is);
});

test("isHolderGone() is about the run the Lease was taken from, and only when it is proven", () => {
  expect(isHolderGone({ from: "expired", before: leaseHeld() }, { id: "7", attempt: 1 })).toBe(true);
  expect(isHolderGone({ from: "expired", before: leaseHeld() }, { id: "8", attempt: 1 })).toBe(false);
  expect(isHolderGone({ from: "forced", before: leaseHeld() }, { id: "7", attempt: 1 })).toBe(false);
  expect(isHolderGone(undefined, { id: "7", attempt: 1 })).toBe(false);
});

test("a stored release keeps every number as Helm wrote it", () => {
  const text =
    '{"name":"web","info":{"status":"pending-upgrade","description":"","first_deployed":"x"},"config":{"big":12345678901234567890,"float":1.0,"n":3},"version":2}';
  const stored = readStoredRelease(text);
  expect(stored?.status).toBe("pending-upgrade");
  const after = stored === undefined ? "" : withStatus(stored, { status: "failed", description: "left" });
  expect(after).toBe(
    '{"name":"web","info":{"status":"failed","description":"left","first_deployed":"x"},"config":{"big":12345678901234567890,"float":1.0,"n":3},"version":2}',
  );
});

test("what is no stored release is not taken for one", () => {
  expect(readStoredRelease("no JSON")).toBeUndefined();
  expect(readStoredRelease('{"name":"web"}')).toBeUndefined();
});
