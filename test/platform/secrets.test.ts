import { expect, test } from "vitest";
import { formsOf, maskSecret, redact } from "../../src/platform/secrets.ts";

test("maskSecret() masks the secret in every form a tool may print it", () => {
  const masked: string[] = [];
  maskSecret({ mask: (text) => masked.push(text) }, 'p&ss "word"');
  expect(masked).toEqual(
    expect.arrayContaining([
      'p&ss "word"',
      Buffer.from('p&ss "word"').toString("base64"),
      Buffer.from('p&ss "word"').toString("base64").replace(/=+$/, ""),
      "p%26ss%20%22word%22",
      'p&ss \\"word\\"',
    ]),
  );
});

test("formsOf() takes each line of a key, and no piece that would mask ordinary text", () => {
  const forms = formsOf("-----BEGIN KEY-----\nabcdefgh\nxy\n-----END KEY-----");
  expect(forms).toContain("abcdefgh");
  expect(forms).not.toContain("xy");
});

test("redact() leaves no form of a secret, and takes the longest form first", () => {
  const secret = "s3cr3t-token";
  const text = `a ${secret} b ${encodeURIComponent(secret)} c ${Buffer.from(secret).toString("base64")}`;
  expect(redact(text, [secret])).toBe("a *** b *** c ***");
});
