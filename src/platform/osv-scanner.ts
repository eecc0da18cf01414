import { readFile, rm, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import type { ScanReport } from "../domain/scan/finding.ts";
import { type OsvReport, parseOsvReport } from "../domain/scan/osv-report.ts";
import type { ScannerProcess } from "./scanner-process.ts";
import { describeFailure, lastLines, type Ran } from "./shell.ts";

/** osv-scanner with the folder that holds its database, and whether it may fetch what is not there. */
export interface OsvScanner extends ScannerProcess {
  readonly database: string;
  readonly mayDownload: boolean;
}

/** A report beside the packages it has looked up, whose ecosystems the database must cover. */
export interface OsvScan {
  readonly report: ScanReport;
  readonly packages: OsvReport["packages"];
}

interface Scan {
  readonly scanner: "dependencies" | "image";
  readonly target: string;
  readonly args: readonly string[];
  readonly place: (path: string) => string | undefined;
  /** What it means that no package was recognised. */
  readonly nothing: string;
}

/** Looks up the packages of every lockfile and SBOM below a folder. */
export function scanDependencies(osv: OsvScanner, path: string, prefix: string): Promise<OsvScan> {
  return run(osv, {
    scanner: "dependencies",
    target: path,
    // Lockfiles below node_modules belong to the packages' authors. A .gitignore does not hide what is there.
    args: [
      ...["source", "--recursive", "--no-ignore", "--no-resolve", "--experimental-exclude", "node_modules"],
      ...["--experimental-plugins", "lockfile", "--experimental-plugins", "sbom", path],
    ],
    place: (file) => join(prefix, relative(resolve(path), file)),
    nothing: `osv-scanner has found no lockfile with packages below ${path}`,
  });
}

/** Looks up what is installed in an image that lies in a Docker archive. */
export function scanImage(osv: OsvScanner, archive: string, image: string): Promise<OsvScan> {
  return run(osv, {
    scanner: "image",
    target: image,
    // Its own preset reads only npm's hidden lockfile, which not every image keeps; the packages' own files are always there.
    args: [
      ...["image", "--experimental-plugins", "artifact", "--experimental-plugins", "javascript/packagejson"],
      ...["--archive", archive],
    ],
    place: placeInImage,
    nothing: `osv-scanner has recognised no package in ${image}`,
  });
}

/** A package.json outside node_modules is the application's own: its name may by chance be that of a public package. */
function placeInImage(path: string): string | undefined {
  if (path.endsWith("/package.json") && !path.includes("/node_modules/")) return undefined;
  return path.replace(/^\/+/, "");
}

async function run(osv: OsvScanner, scan: Scan): Promise<OsvScan> {
  const output = join(osv.folder, `osv-${scan.scanner}.json`);
  const config = join(osv.folder, "osv-scanner.toml");
  // An empty configuration of ours takes the place of any the repository brings, which could ignore every finding.
  await writeFile(config, "");
  await rm(output, { force: true });
  const network = osv.mayDownload
    ? ["--offline-vulnerabilities", "--download-offline-databases"]
    : ["--offline"];
  const [command = "", ...rest] = scan.args;
  const args = [
    ...["scan", command, ...network, "--config", config, "--verbosity", "error"],
    ...["--format", "json", "--all-packages", "--output-file", output, ...rest],
  ];
  const env = { ...osv.env, OSV_SCANNER_LOCAL_DB_CACHE_DIRECTORY: osv.database };
  const ran = await osv.shell(osv.program, args, { env, timeoutMs: osv.timeoutMs });
  const parsed = parseOsvReport(await readFile(output, "utf8").catch(() => ""), scan);
  const packages = parsed?.packages ?? {};
  const count = Object.values(packages).reduce((sum, one) => sum + one, 0);
  return {
    packages,
    report: {
      scanner: scan.scanner,
      tool: "osv-scanner",
      toolVersion: osv.version,
      target: scan.target,
      findings: parsed?.findings ?? [],
      allowed: 0,
      examined: `${count} packages`,
      gaps: gapsOf(ran, { parsed, count, scan, args, program: osv.program }),
    },
  };
}

interface Outcome {
  readonly parsed: OsvReport | undefined;
  readonly count: number;
  readonly scan: Scan;
  readonly args: readonly string[];
  readonly program: string;
}

const noPackages = 128;

/**
 * 0 is clean and 1 is findings, 128 is nothing recognised, all else is broken. Findings hide other errors behind
 * exit code 1, so whatever is said at the level of errors counts as a gap as well.
 */
function gapsOf(ran: Ran, { parsed, count, scan, args, program }: Outcome): readonly string[] {
  const isOurs = (ran.exitCode === 0 || ran.exitCode === 1) && !ran.timedOut;
  // With 128 a lockfile that cannot be read looks the same as none, but for what is said about it.
  const said = ran.stderr
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "" && !/^No package sources/.test(line));
  if (ran.exitCode === noPackages && said.length === 0) return [scan.nothing];
  if (!isOurs) return [describeFailure(program, args, ran)];
  if (parsed === undefined) return ["The report of osv-scanner is missing or truncated"];
  return [
    ...(said.length === 0 ? [] : [`osv-scanner could not judge everything: ${lastLines(said.join("\n"))}`]),
    ...(count === 0 ? [scan.nothing] : []),
  ];
}
