import { ConfigError, messageOf, OutsideError } from "../core/errors.ts";
import { type RehearseOptions, readArguments, usage, type Wish } from "./arguments.ts";

/** The outer half of the rehearsal: reads the wish, prepares the parts, and starts the inner half in its namespaces. */
async function rehearse(wish: Wish): Promise<number> {
  switch (wish.kind) {
    case "help":
      console.log(usage);
      return 0;
    case "list":
      return list();
    case "clean":
      return clean();
    case "prepare":
      await prepareParts();
      return 0;
    case "rehearse":
      return play(wish.scenarios, wish.options);
  }
}

async function list(): Promise<number> {
  const { scenarios } = await import("./scenarios/all.ts");
  for (const { name, breaks } of scenarios) console.log(`${name.padEnd(24)} ${breaks}`);
  return 0;
}

async function clean(): Promise<number> {
  const { cleanUp } = await import("./cluster/clean.ts");
  await cleanUp();
  return 0;
}

async function prepareParts() {
  const { prepare } = await import("./parts/prepare.ts");
  return prepare((line) => console.log(line));
}

async function play(names: readonly string[], options: RehearseOptions): Promise<number> {
  const { chooseScenarios } = await import("./scenarios/all.ts");
  chooseScenarios(names);
  const parts = await prepareParts();
  const { cacheFolder } = await import("./parts/cache.ts");
  const { runInside, howToEnter } = await import("./cluster/enter.ts");
  const script = new URL("inner.ts", import.meta.url).pathname;
  const args = [JSON.stringify({ names, options })];
  const { exitCode, kept } = await runInside({ script, args, parts, cache: cacheFolder() });
  if (kept !== undefined) {
    console.log(`\nThe cluster stays up. Look at it:\n  ${await howToEnter(kept)}`);
    console.log("It ends with:\n  npm run rehearse -- clean");
  }
  return exitCode;
}

try {
  const wish = readArguments(process.argv.slice(2), process.stdin.isTTY === true);
  process.exitCode = await rehearse(wish);
} catch (thrown) {
  const isExpected = thrown instanceof ConfigError || thrown instanceof OutsideError;
  console.error(isExpected ? messageOf(thrown) : thrown);
  process.exitCode = 1;
}
