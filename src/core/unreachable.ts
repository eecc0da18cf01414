/** Closes a switch over a union: reached only by a value the types do not know. */
export function unreachable(value: never): never {
  throw new Error(`Unexpected value: ${JSON.stringify(value)}`);
}
