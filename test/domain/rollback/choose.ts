import type { DeployRecord } from "../../../src/domain/record/record.ts";
import { parseTarget } from "../../../src/domain/rollback/handle.ts";
import { chooseTarget, type TargetRequest } from "../../../src/domain/rollback/target.ts";
import { history } from "./records.ts";

export interface Case {
  readonly name: string;
  readonly helm: string;
  readonly records?: readonly DeployRecord[];
  readonly to?: string;
  readonly automatic?: true;
  readonly allowUnverified?: true;
  readonly held?: readonly string[];
}

export function choose({
  helm,
  records = [],
  to = "last-good",
  automatic,
  allowUnverified,
  held = [],
}: Case) {
  const request: TargetRequest = {
    handle: parseTarget(to),
    isAutomatic: automatic === true,
    allowUnverified: allowUnverified === true,
    held,
  };
  return chooseTarget(history(helm), records, request);
}
