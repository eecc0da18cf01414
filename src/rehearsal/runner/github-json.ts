import { registerHooks } from "node:module";

// GitHub's packages import JSON without `with { type: "json" }`, which Node refuses. Only their files are touched.
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    const isTheirs = context.parentURL?.includes("/node_modules/@actions/") ?? false;
    if (!isTheirs || !found.url.endsWith(".json")) return found;
    return { ...found, importAttributes: { ...found.importAttributes, type: "json" } };
  },
});
