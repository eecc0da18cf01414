import * as z from "zod/mini";

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;
const text = z.string({ error: "must be text" });
const filled = text.check(z.minLength(1, { error: "must not be empty" }));
const statusRule = { error: "must be a status from 100 to 599, a class such as 2xx, or a list of them" };
const status = z.union(
  [
    z.int().check(z.minimum(100, statusRule), z.maximum(599, statusRule)),
    z.string().check(z.regex(/^[1-5]xx$/, statusRule)),
  ],
  statusRule,
);

/** An option of a union that fails only in a check reports that check, so each states the whole rule. */
function oneOrMore<T>(one: z.ZodMiniType<T>, rule: { readonly error: string }) {
  return z.union([one, z.array(one).check(z.minLength(1, rule))], rule);
}

const jsonExpectation = z.strictObject(
  {
    path: filled.check(z.regex(/^\$/, { error: "must be a JSONPath that begins with $" })),
    equals: z.json(),
  },
  { error: "must be a mapping with path and equals" },
);

/** The `tests` format. `schemas/tests.schema.json` is written from it, and a test compares the two. */
export const testsShape = z.array(
  z.strictObject(
    {
      name: filled,
      request: z.strictObject(
        {
          method: z.optional(z.enum(methods, { error: `must be one of ${methods.join(", ")}` })),
          path: text.check(z.regex(/^\//, { error: "must begin with /" })),
          headers: z.optional(
            z.record(
              z.string().check(z.regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, { error: "must be a header name" })),
              z.union([z.string(), z.number(), z.boolean()], { error: "must be text" }),
              { error: "must be a mapping of header names to text" },
            ),
          ),
          body: z.optional(z.json()),
        },
        { error: "must be a mapping with path" },
      ),
      expect: z.optional(
        z.strictObject(
          {
            status: z.optional(oneOrMore(status, statusRule)),
            "response-time": z.optional(
              text.check(
                z.regex(/^(\d+(\.\d+)?(ms|s|m))+$/, { error: "must be a duration such as 500ms or 2s" }),
              ),
            ),
            contains: z.optional(oneOrMore(filled, { error: "must be text or a list of texts, none empty" })),
            json: z.optional(
              oneOrMore(jsonExpectation, {
                error: "must be a mapping with path (a JSONPath from $) and equals, or a list of them",
              }),
            ),
          },
          { error: "must be a mapping" },
        ),
      ),
    },
    { error: "must be a mapping with name and request" },
  ),
  { error: "must be a list of tests" },
);

export type TestDocument = z.infer<typeof testsShape>;
