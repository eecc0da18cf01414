import { randomBytes } from "node:crypto";
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

/** Of minimist 1.2.5, as its registry states it. */
const integrity =
  "sha512-FM9nNUYrRBAELZQT3xeZQ7fmMOBg6nWNmJKTcgsJeaLstP/UODVpGsr5OhXhhXg6f+qtJ8uiZ+PUxkDWcgIXLw==";

export const vulnerableDependency: Scenario = {
  name: "vulnerable-dependency",
  breaks: "a dependency the vulnerability database names",
  change: async ({ application }) => {
    const edit = async (path: string, change: (document: Lockfile) => void) => {
      const document = JSON.parse(await application.read(path));
      change(document);
      await application.write(path, `${JSON.stringify(document, null, 2)}\n`);
    };
    await edit("package.json", (file) => {
      file.dependencies = { ...file.dependencies, minimist: "1.2.5" };
    });
    await edit("package-lock.json", (file) => {
      const root = file.packages?.[""];
      if (root !== undefined) root.dependencies = { ...root.dependencies, minimist: "1.2.5" };
      file.packages = {
        ...file.packages,
        "node_modules/minimist": { version: "1.2.5", integrity, license: "MIT" },
      };
    });
    return undefined;
  },
  judge: (outcome) => stoppedByScan(outcome, /minimist/),
};

interface Lockfile {
  dependencies?: Record<string, string>;
  packages?: Record<
    string,
    { version?: string; integrity?: string; license?: string; dependencies?: Record<string, string> }
  >;
}
