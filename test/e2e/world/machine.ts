import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** What a world could leave on a machine. */
export interface Machine {
  readonly mounts: readonly string[];
  readonly interfaces: readonly string[];
  readonly rules: string;
  readonly controlGroups: readonly string[];
  readonly processes: readonly string[];
  readonly switches: Readonly<Record<string, string>>;
  readonly sharedMemory: readonly string[];
  readonly worlds: readonly string[];
}

const switches = ["vm/overcommit_memory", "kernel/panic", "kernel/panic_on_oops", "net/ipv4/ip_forward"];
const programs = /^(etcd|kube-|kubelet|containerd|docker-registry|prometheus|postgres|traefik|pause|unshare)/;

/** What is on the machine now and was not before, save what names another world than this one. */
export function leftBehind(before: Machine, id: string): readonly string[] {
  const known = new Set(linesOf(before));
  return linesOf(lookAtMachine()).filter((line) => {
    const world = /sluice-world-[0-9a-f]{6}/.exec(line)?.[0];
    return !known.has(line) && (world === undefined || world === id);
  });
}

function linesOf(machine: Machine): readonly string[] {
  return Object.entries(machine).flatMap(([kind, value]) => {
    const list = Array.isArray(value)
      ? value
      : typeof value === "string"
        ? value.split("\n")
        : [JSON.stringify(value)];
    return list.map((line) => `${kind}: ${line}`);
  });
}

/** Looks at the machine as it is now. */
export function lookAtMachine(): Machine {
  return {
    mounts: readFileSync("/proc/self/mounts", "utf8").split("\n"),
    interfaces: readdirSync("/sys/class/net"),
    rules: rulesOf("iptables-save") + rulesOf("nft", "list", "ruleset"),
    controlGroups: readdirSync("/sys/fs/cgroup", { recursive: true, encoding: "utf8" }).filter((name) =>
      /sluice-world-[0-9a-f]{6}$/.test(name),
    ),
    processes: processesUnder(/sluice-world-/),
    switches: Object.fromEntries(
      switches.map((name) => [name, readFileSync(`/proc/sys/${name}`, "utf8").trim()]),
    ),
    sharedMemory: readdirSync("/dev/shm"),
    worlds: readdirSync("/tmp").filter((name) => name.startsWith("sluice-world-")),
  };
}

/** Command lines of the machine's processes that speak of a world or run from one. */
function processesUnder(pattern: RegExp): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
        return pattern.test(line) && programs.test(line.split(" ")[0]?.split("/").at(-1) ?? "") ? [line] : [];
      } catch {
        return [];
      }
    });
}

function rulesOf(program: string, ...args: readonly string[]): string {
  try {
    return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return "";
  }
}
