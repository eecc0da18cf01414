import type { DeliveryCase } from "../case.ts";
import { harnessCases } from "./harness.ts";

/** Every case, one line for each topic. */
export const allCases: readonly DeliveryCase[] = [
  ...harnessCases, //
];
