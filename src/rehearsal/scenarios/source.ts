import { randomBytes } from "node:crypto";
import { addVulnerablePackage } from "../vulnerable-dependency.ts";
import {
  answered,
  neverStarted,
  noRequestLost,
  noTag,
  productionServes,
  runEnded,
  saidNo,
} from "./expectations.ts";
import type { Outcome, Scenario } from "./scenario.ts";

function stoppedByScan(outcome: Outcome, reason: RegExp): readonly string[] {
  return [
    ...runEnded(outcome, "failure"),
    ...saidNo(outcome, "build/scan"),
    ...answered(outcome, "security-scan", { verdict: "fail", reason }),
    ...neverStarted(outcome, "build/tag"),
    ...noTag(outcome),
    ...productionServes(outcome, "old"),
    ...noRequestLost(outcome),
  ];
}

/** A credential in the source, made at run time so that none stands in this repository. */
export const leakedSecret: Scenario = {
  name: "leaked-secret",
  breaks: "a credential in the source",
  change: async ({ application }) => {
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const random = [...randomBytes(36)].map((byte) => letters[byte % letters.length]).join("");
    await application.write(
      "src/deploy-settings.ts",
      `export const token = "${["gh", "p_"].join("")}${random}";\n`,
    );
    return undefined;
  },
  judge: (outcome) => stoppedByScan(outcome, /deploy-settings|secret|github/i),
};

export const vulnerableDependency: Scenario = {
  name: "vulnerable-dependency",
  breaks: "a dependency the vulnerability database names",
  change: async ({ application }) => {
    const texts = await Promise.all(
      ["package.json", "package-lock.json"].map((path) => application.read(path)),
    );
    const { manifest, lock } = addVulnerablePackage(texts[0] ?? "", texts[1] ?? "");
    await application.write("package.json", manifest);
    await application.write("package-lock.json", lock);
    return undefined;
  },
  judge: (outcome) => stoppedByScan(outcome, /minimist/),
};
