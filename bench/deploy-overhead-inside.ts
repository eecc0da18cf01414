import { writeFile } from "node:fs/promises";
import { mustSucceed, shell } from "../src/platform/shell.ts";
import { readInside } from "../src/rehearsal/cluster/inside.ts";
import { startWorld } from "../src/rehearsal/cluster/world.ts";
import { chart, Stand } from "../test/e2e/delivery/stand.ts";

/** Seconds of the same upgrade by both. */
export interface Pair {
  readonly helm: number;
  readonly sluice: number;
}

const wantedPairs = 11;

async function measure(stand: Stand): Promise<readonly Pair[]> {
  const images = [await stand.image("1"), await stand.image("2")] as const;
  const pairs: Pair[] = [];
  // The first pair installs both releases and fills the compile cache; it does not count.
  for (let n = 0; n <= wantedPairs; n++) {
    const image = images[n % 2 === 0 ? 0 : 1];
    const first = n % 2 === 0;
    const before = first ? await byHelm(stand, image) : undefined;
    const sluice = await bySluice(stand, image);
    const helm = before ?? (await byHelm(stand, image));
    if (n > 0) pairs.push({ helm, sluice });
  }
  return pairs;
}

async function byHelm(stand: Stand, image: string): Promise<number> {
  const [repository = "", digest = ""] = image.split("@");
  const values = ["--set-string", `image.repository=${repository},image.digest=${digest}`];
  const begun = performance.now();
  await mustSucceed(
    shell,
    stand.world.parts.helm,
    ["upgrade", "--install", "plain", chart, "--namespace", stand.namespace, "--wait", ...values],
    { env: { KUBECONFIG: stand.deployer } },
  );
  return (performance.now() - begun) / 1000;
}

async function bySluice(stand: Stand, image: string): Promise<number> {
  const inputs = { image, ...(await stand.gate(image)) };
  const { seconds } = await stand.mustPass("helm-deploy", inputs);
  await stand.mustPass("helm-deploy", { ...inputs, phase: "finish" });
  stand.nextRun();
  return seconds;
}

const world = await startWorld(await readInside());
// Nothing else of this process is sure to keep it up while a program works.
setInterval(() => undefined, 60_000);
const stand = await Stand.make(world, "overhead");
await writeFile(process.argv[2] ?? "", JSON.stringify(await measure(stand)));
process.exit(0);
