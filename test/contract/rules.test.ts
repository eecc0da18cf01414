import { expect, test } from "vitest";
import { parse } from "yaml";
import { diagnose } from "./language-service.ts";
import { read } from "./repository.ts";
import { rules, type World } from "./workflow-rules.ts";

/** Each rule is shown to fire: a check nobody has seen fail may be unable to. */
const good = read(".github/workflows/build.yml");
const chain = read(".github/workflows/commit-to-production.yml");
const commit = "3d3c42e5aac5ba805825da76410c181273ba90b1";

function broken(rule: keyof typeof rules, text: string): string {
  const world: World = {
    text,
    exists: (path) =>
      path === "actions/build-push/action.yml" || path.endsWith(".yml") !== path.includes("gone"),
    workflowAt: (path) => parse(read(path)),
  };
  return rules[rule](parse(text), world).join("; ");
}

/** The text with one place changed, which must be there. */
function change(text: string, from: string, to: string): string {
  expect(text).toContain(from);
  return text.replace(from, to);
}

const job = (body: string) => `permissions: {}\njobs:\n  one:\n    permissions: {contents: read}\n${body}`;
const step = (body: string) => job(`    timeout-minutes: 5\n    steps:\n      - ${body}\n`);

test.each<{ rule: keyof typeof rules; text: string; why: string }>([
  { rule: "pins", text: step("uses: docker/login-action@v3"), why: "is a third party's" },
  { rule: "pins", text: step("uses: actions/checkout@v7 # v7.0.1"), why: "is not pinned by commit" },
  { rule: "pins", text: step(`uses: actions/checkout@${commit}`), why: "does not name its version" },
  { rule: "pins", text: step("uses: $/actions/gone"), why: "$/actions/gone does not exist" },
  {
    rule: "leastPermissions",
    text: step("run: ls").replace("{}", "{contents: read}"),
    why: "own permissions are not {}",
  },
  {
    rule: "leastPermissions",
    text: "permissions: {}\njobs: {one: {steps: []}}",
    why: "one declares no permissions",
  },
  {
    rule: "noExpressionInShell",
    text: step('run: echo "${{ github.event.head_commit.message }}"'),
    why: "one runs text",
  },
  { rule: "noExpressionInShell", text: step('run: echo "${{ inputs.tag }}"'), why: "one runs text" },
  {
    rule: "stepOutputs",
    text: change(good, "steps.build.outputs.image", "steps.build.outputs.imag"),
    why: "no output imag",
  },
  {
    rule: "stepOutputs",
    text: change(good, "steps.build.outputs.image", "steps.biuld.outputs.image"),
    why: "does not have",
  },
  {
    rule: "everyInputUsed",
    text: change(good, "${{ inputs.file }}", "Dockerfile"),
    why: "file is declared",
  },
  { rule: "boundedJobs", text: job("    steps:\n      - run: ls\n"), why: "one has no timeout-minutes" },
  { rule: "boundedJobs", text: step(`uses: actions/checkout@${commit} # v7`), why: "one keeps credentials" },
])("$rule fires: $why", ({ rule, text, why }) => {
  expect(broken(rule, text)).toContain(why);
});

test("permissionSubset fires on a call that GitHub would refuse", () => {
  const less = change(
    chain,
    "      security-events: write\n    uses: $/.github/workflows/build.yml",
    "    uses: $/.github/workflows/build.yml",
  );
  expect(broken("permissionSubset", less)).toBe(
    "build gives .github/workflows/build.yml none for security-events, which asks for write",
  );
});

const upload = "upload-sarif: ${{ inputs.upload-sarif }}\n";
test.each([
  { to: "upload-sarif: yes please\n", why: "build gives upload-sarif a string, which is a boolean" },
  { to: "upload-sarif: ${{ inputs.image }}\n", why: "build gives upload-sarif a string, which is a boolean" },
  { to: "upload-sarif: ${{ vars.UPLOAD }}\n", why: "build gives upload-sarif a string, which is a boolean" },
  { to: "upload-sarif: true\n", why: "" },
  { to: "upload-sarif: ${{ inputs.image == 'web' }}\n", why: "" },
  { to: "upload-sarif: ${{ fromJSON(vars.UPLOAD) }}\n", why: "" },
  { to: `${upload}      image: 5\n`, why: "build gives image a number, which is a string" },
])('callTypes says "$why" of $to', ({ to, why }) => {
  const text = change(chain, upload, to);
  const once = to.includes("image: 5") ? change(text, "      image: ${{ inputs.image }}\n", "") : text;
  expect(broken("callTypes", once)).toBe(why);
});

test.each([
  {
    name: "an unknown permission",
    from: "packages: write",
    to: "packages: much",
    why: "Unexpected value 'much'",
  },
  {
    name: "an output no job has",
    from: "needs.build.outputs.image",
    to: "needs.build.outputs.imag",
    why: "imag",
  },
  {
    name: "an input an action has not",
    from: "fail-on: ${{ inputs.fail-on",
    to: "fail-onn: ${{ inputs.fail-on",
    why: "fail-onn",
  },
  {
    name: "an input nobody declares",
    from: "${{ inputs.fail-on }}",
    to: "${{ inputs.fail-onn }}",
    why: "fail-onn",
  },
  {
    name: "a missing input",
    from: "          image: ${{ inputs.image }}\n",
    to: "",
    why: "Missing required input `image`",
  },
])("the language service finds $name", async ({ from, to, why }) => {
  const found = await diagnose(".github/workflows/build.yml", change(good, from, to));
  expect(found.join("; ")).toContain(why);
});

test.each([
  {
    name: "an input too many",
    from: "      fail-on: ${{",
    to: "      fail-onn: ${{",
    why: "fail-onn is not defined",
  },
  {
    name: "an input too few",
    from: "      image: ${{ inputs.image }}\n",
    to: "",
    why: "Input image is required",
  },
  {
    name: "a secret too many",
    from: "      registry-password: ${{ secrets",
    to: "      password: ${{ secrets",
    why: "Invalid secret",
  },
])("the language service finds $name in a call", async ({ from, to, why }) => {
  const found = await diagnose(".github/workflows/commit-to-production.yml", change(chain, from, to));
  expect(found.join("; ")).toContain(why);
});

test("the language service finds an action.yml that GitHub would refuse", async () => {
  const text = change(read("actions/security-scan/action.yml"), "  using: node24", "  using: node7");
  expect(await diagnose("actions/security-scan/action.yml", text)).not.toEqual([]);
});
