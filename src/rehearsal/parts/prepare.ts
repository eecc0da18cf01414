import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { OutsideError } from "../../core/errors.ts";
import { refuseWhereImpossible } from "../cluster/possible.ts";
import { provideImages } from "./base-image.ts";
import { type Preparation, preparationHere } from "./context.ts";
import { providePackages, worldPackages } from "./debian.ts";
import { refuseFullDisk } from "./disk.ts";
import { provideGatewayDefinitions, provideIstioDefinitions } from "./gateway-definitions.ts";
import type { ModuleProgram } from "./go.ts";
import type { Parts } from "./parts.ts";
import { provideModuleProgram, provideTool } from "./programs.ts";
import type { Progress } from "./progress.ts";

const kubernetesVersion = "1.34.2";
const traefikVersion = "3.7.9";
const helm3Version = "3.21.4";

/** Provides everything a world is made of: what is whole in the cache costs nothing, the rest is shown as it comes. */
export async function prepare(progress: Progress): Promise<Parts> {
  if (process.platform !== "linux" || !["x64", "arm64"].includes(process.arch)) {
    throw new OutsideError(
      `The rehearsal runs on Linux x64 and arm64: got ${process.platform} ${process.arch}`,
    );
  }
  await refuseWhereImpossible();
  return interruptible(async (signal) => {
    const preparation = preparationHere(progress, signal);
    await mkdir(preparation.cache, { recursive: true });
    await refuseFullDisk(preparation.cache, neededBytes(preparation.cache));
    // Packages come over the network while Go keeps both cores busy. Programs are built one at a time.
    const others = providePackagesAndImages(preparation);
    const [programs, packages] = await Promise.all([providePrograms(preparation), others]);
    return { ...programs, ...packages };
  });
}

/** The Helm of the generation before, which only deliveries are tried with: no world is made of it. */
export function prepareHelm3(progress: Progress): Promise<string> {
  return interruptible(async (signal) => {
    const preparation = preparationHere(progress, signal);
    await mkdir(preparation.cache, { recursive: true });
    return provideTool(preparation, "helm", helm3Version);
  });
}

/** The definitions of Istio's objects, which only deliveries are tried with. */
export function prepareIstioDefinitions(progress: Progress): Promise<string> {
  return interruptible(async (signal) => {
    const preparation = preparationHere(progress, signal);
    await mkdir(preparation.cache, { recursive: true });
    return provideIstioDefinitions(preparation);
  });
}

/** Ctrl-C ends what is being fetched or built, and says that the next preparation goes on from there. */
async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  try {
    return await work(stopping.signal);
  } catch (error) {
    const isInterrupted = stopping.signal.aborted;
    // What is still being fetched or built beside the failure must not hold the process up.
    stop();
    if (!isInterrupted) throw error;
    throw new OutsideError(
      "The preparation was interrupted: what is done is kept, the next one goes on from there",
    );
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  }
}

/** Building everything takes 14 GB, most of it in Go's own caches; a world by itself takes 3 GB. */
function neededBytes(cache: string): number {
  return existsSync(join(cache, "tools")) && existsSync(join(cache, "packages")) ? 3e9 : 14e9;
}

async function providePackagesAndImages(preparation: Preparation) {
  const root = await providePackages(preparation, worldPackages);
  const busybox = [join(root ?? "/", "usr/bin/busybox"), "/usr/bin/busybox"].find((path) => existsSync(path));
  if (busybox === undefined) throw new OutsideError("busybox-static left no /usr/bin/busybox");
  return {
    overlayRoots: root === undefined ? [] : [root],
    images: await provideImages(preparation, busybox),
  };
}

async function providePrograms(preparation: Preparation) {
  const kubernetes = (name: string) => provideModuleProgram(preparation, kubernetesProgram(name));
  // Not at once: two compilations beside each other take as long and twice the memory.
  return {
    kubeApiserver: await kubernetes("kube-apiserver"),
    kubeControllerManager: await kubernetes("kube-controller-manager"),
    kubeScheduler: await kubernetes("kube-scheduler"),
    kubelet: await kubernetes("kubelet"),
    kubeProxy: await kubernetes("kube-proxy"),
    kubectl: await kubernetes("kubectl"),
    helm: await provideTool(preparation, "helm"),
    gitleaks: await provideTool(preparation, "gitleaks"),
    osvScanner: await provideTool(preparation, "osv-scanner"),
    traefik: await provideModuleProgram(preparation, traefik),
    gatewayDefinitions: await provideGatewayDefinitions(preparation),
  };
}

function kubernetesProgram(name: string): ModuleProgram {
  const version = "k8s.io/component-base/version";
  const [major = "", minor = ""] = kubernetesVersion.split(".");
  const names = [`gitVersion=v${kubernetesVersion}`, `gitMajor=${major}`, `gitMinor=${minor}`];
  return {
    module: "kubernetes",
    package: `k8s.io/kubernetes/cmd/${name}`,
    name,
    version: kubernetesVersion,
    ldflags: ["-s", "-w", ...names.map((one) => `-X ${version}.${one}`)].join(" "),
  };
}

const traefik: ModuleProgram = {
  module: "traefik",
  package: "github.com/traefik/traefik/v3/cmd/traefik",
  name: "traefik",
  version: traefikVersion,
  ldflags: `-s -w -X github.com/traefik/traefik/v3/pkg/version.Version=${traefikVersion}`,
};
