import type { DeliveryCase } from "../case.ts";
import { autoscalerCases } from "./autoscaler.ts";
import { badInputCases } from "./bad-input.ts";
import { blueGreenCases } from "./blue-green.ts";
import { canaryCases } from "./canary.ts";
import { chartCases } from "./charts.ts";
import { failFastCases } from "./fail-fast.ts";
import { harnessCases } from "./harness.ts";
import { idempotenceCases } from "./idempotence.ts";
import { lockCases } from "./locks.ts";
import { planCases } from "./plan.ts";
import { planStrategyCases } from "./plan-strategies.ts";
import { recreateCases } from "./recreate.ts";
import { rollbackCases } from "./rollback.ts";
import { rollbackRefusalCases } from "./rollback-refusals.ts";
import { rollbackSideCases } from "./rollback-sides.ts";
import { sequenceCases } from "./sequences.ts";
import { trafficCases } from "./traffic.ts";
import { turnCases } from "./turns.ts";

/** Every case, one line for each topic. */
export const allCases: readonly DeliveryCase[] = Object.values({
  autoscalerCases,
  badInputCases,
  blueGreenCases,
  chartCases,
  canaryCases,
  failFastCases,
  harnessCases,
  idempotenceCases,
  lockCases,
  planCases,
  planStrategyCases,
  recreateCases,
  rollbackCases,
  rollbackRefusalCases,
  rollbackSideCases,
  sequenceCases,
  trafficCases,
  turnCases,
}).flat();
