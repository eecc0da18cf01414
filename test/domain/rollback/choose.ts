import type { DeployRecord } from "../../../src/domain/record/record.ts";
import { chooseTarget, parseTarget, type TargetRequest } from "../../../src/domain/rollback/target.ts";
import { history } from "./records.ts";

export interface Case {
  readonly name: string;
  readonly helm: string;
  readonly records?: readonly DeployRecord[];
  readonly to?: string;
  readonly automatic?: true;
  readonly allowUnverified?: true;
}

export function choose({ helm, records = [], to = "last-good", automatic, allowUnverified }: Case) {
  const request: TargetRequest = {
    handle: parseTarget(to),
    isAutomatic: automatic === true,
    allowUnverified: allowUnverified === true,
  };
  return chooseTarget(history(helm), records, request);
}
