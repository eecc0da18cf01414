import { expect, test } from "vitest";
import { decodeRecording } from "../../../src/domain/canary/recording-file.ts";
import { replay } from "../../../src/domain/canary/replay.ts";
import { seeded } from "../../domain/canary/random.ts";
import { drawRun, evidenceOf } from "./replay-runs.ts";

test("an evidence file of any run gives the same verdict, reasons, p-value and curve, to the last bit", async () => {
  const seen: Record<string, number> = {};
  for (let seed = 1; seed <= 250; seed++) {
    const drawn = drawRun(seeded(seed));
    const { outcome, result, details } = await evidenceOf(drawn, seed);
    const recording = decodeRecording(details.recording);
    const again = replay(recording);
    const place = `seed ${seed}, ${JSON.stringify(drawn)}`;
    expect(again.verdict, place).toEqual(outcome.verdict);
    expect(again.isIdentical, place).toBe(true);
    expect(String(again.pValue), place).toBe(result.outputs["p-value"]);
    const sentences = (judgements: typeof again.judgements) => judgements.map(({ sentence }) => sentence);
    expect(sentences(again.judgements), place).toEqual(sentences(outcome.watch.judgements()));
    const curve = again.curve.map((look) => look.map(({ logFail, pValue, kind }) => [logFail, pValue, kind]));
    const recorded = outcome.watch.looks.map(({ judgements }) =>
      judgements.map(({ logFail, pValue, kind }) => [logFail, pValue, kind]),
    );
    expect(curve, place).toEqual(recorded);
    const kind = `${drawn.mode} ${outcome.verdict.kind}${outcome.isBroken ? " broken" : ""}`;
    seen[kind] = (seen[kind] ?? 0) + 1;
  }
  // All ends there are must have been among them, or this has shown little.
  const kinds = ["ramp pass", "ramp fail", "ramp inconclusive", "ramp inconclusive broken", "analyze fail"];
  expect(Object.keys(seen)).toEqual(expect.arrayContaining([...kinds, "analyze pass", "ramp fail broken"]));
});
