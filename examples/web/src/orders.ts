export interface NewOrder {
  readonly item: string;
  readonly quantity: number;
}

export interface Order extends NewOrder {
  readonly id: number;
  readonly createdAt: string;
}

/** Where orders are kept. */
export interface Orders {
  /** Fails when the orders cannot be reached. */
  ping(): Promise<void>;
  newest(): Promise<readonly Order[]>;
  add(order: NewOrder): Promise<Order>;
  close(): Promise<void>;
}

/** The order a request body asks for, or a sentence that says what is wrong with it. */
export function parseOrder(text: string): NewOrder | string {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return "the body must be JSON";
  }
  if (typeof body !== "object" || body === null) return "the body must be an object";
  const { item, quantity } = body as Partial<Record<string, unknown>>;
  if (typeof item !== "string" || item === "" || item.length > 200) {
    return "item must be a text of 1 to 200 characters";
  }
  if (typeof quantity !== "number" || !Number.isInteger(quantity) || quantity < 1 || quantity > 1000) {
    return "quantity must be a whole number from 1 to 1000";
  }
  return { item, quantity };
}
