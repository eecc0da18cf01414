import { describe, expect, test } from "vitest";
import { parseSelector, selects } from "../../../src/domain/canary/selector.ts";

describe("parseSelector()", () => {
  test.each([
    { text: "up", metric: "up", matchers: [] },
    { text: "up{}", metric: "up", matchers: [] },
    {
      text: 'http_requests_total{ track="stable", status=~"5..", }',
      metric: "http_requests_total",
      matchers: [
        { label: "track", operator: "=", value: "stable" },
        { label: "status", operator: "=~", value: "5.." },
      ],
    },
    {
      text: `{__name__="a", b!='c', d!~\`e\\d\`}`,
      matchers: [
        { label: "__name__", operator: "=", value: "a" },
        { label: "b", operator: "!=", value: "c" },
        { label: "d", operator: "!~", value: "e\\d" },
      ],
    },
    {
      text: '{"http.requests", "k8s.pod"="a\\"b"}',
      metric: "http.requests",
      matchers: [{ label: "k8s.pod", operator: "=", value: 'a"b' }],
    },
  ])("takes $text apart", ({ text, ...parsed }) => {
    expect(parseSelector(text)).toEqual(parsed);
  });

  test.each([
    "",
    "rate(x[1m])",
    'x{a="b"',
    'x{a="b"}[5m]',
    'x{a "b"}',
    'x{a="b" c="d"}',
    "x{a=b}",
    'x{a="b"} or y{c="d"}',
    'sum(x{a="b"})',
  ])("does not take %s apart", (text) => {
    expect(parseSelector(text)).toBeUndefined();
  });
});

describe("selects()", () => {
  const labels = { __name__: "x", track: "stable", status: "503", path: "/a\nb" };
  test.each([
    { text: "x", is: true },
    { text: "y", is: false },
    { text: 'x{track="stable"}', is: true },
    { text: 'x{track="stab"}', is: false },
    { text: 'x{track!="stable"}', is: false },
    { text: 'x{status=~"5.."}', is: true },
    { text: 'x{status=~"5"}', is: false },
    { text: 'x{status=~"4..|5.."}', is: true },
    { text: 'x{status!~"5.."}', is: false },
    { text: 'x{track=~"(?i)STABLE"}', is: true },
    { text: 'x{path=~"/a.b"}', is: true },
    { text: 'x{absent=""}', is: true },
    { text: 'x{absent!=""}', is: false },
    { text: 'x{absent=~".+"}', is: false },
    { text: '{__name__=~"x|y", track="stable"}', is: true },
  ])("$text: $is", ({ text, is }) => {
    const selector = parseSelector(text);
    expect(selector && selects(selector, labels)).toBe(is);
  });
});
