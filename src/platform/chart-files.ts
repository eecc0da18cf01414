import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { ConfigError } from "../core/errors.ts";

/** The files of a chart by their paths inside it, subcharts included. */
export type ChartFiles = ReadonlyMap<string, Buffer>;

/** Reads a chart's folder or archive. Nothing is unpacked to the disk. */
export async function readChartFiles(path: string): Promise<ChartFiles> {
  const about = await stat(path).catch(() => undefined);
  if (about?.isDirectory() === true) return readFolder(path);
  if (about?.isFile() === true) return readArchive(path, await readFile(path));
  throw new ConfigError(
    `Input "chart" must be the folder or archive of a chart, or an oci:// reference: there is nothing at "${path}"`,
  );
}

// What is asked of a chart here: templates are Helm's alone.
const wanted =
  /^(charts\/[^/]+\/)*(Chart\.yaml|requirements\.yaml|values\.yaml|crds\/.+|charts\/[^/]+\.tgz)$/;

async function readFolder(folder: string): Promise<ChartFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((one) => one.isFile() || one.isSymbolicLink())
    .map((one) => relative(folder, join(one.parentPath, one.name)).split(sep).join("/"))
    .filter((path) => wanted.test(path))
    .toSorted();
  const files = await Promise.all(
    paths.map(async (path) => [path, await readFile(join(folder, path))] as const),
  );
  return withSubcharts(folder, new Map(files));
}

async function readArchive(path: string, bytes: Buffer): Promise<ChartFiles> {
  const tar = await promisify(gunzip)(bytes).catch(() => undefined);
  if (tar === undefined)
    throw new ConfigError(`Input "chart" must be the folder or archive of a chart: "${path}" is not a .tgz`);
  const files = new Map<string, Buffer>();
  for (const [name, content] of tarEntries(tar)) {
    // Everything in a chart's archive lies in one folder of its name.
    const inside = name.replace(/^(\.\/)?[^/]+\//, "");
    if (wanted.test(inside)) files.set(inside, content);
  }
  return withSubcharts(path, files);
}

async function withSubcharts(path: string, files: ChartFiles): Promise<ChartFiles> {
  const all = new Map(files);
  for (const [name, content] of files) {
    if (!name.endsWith(".tgz")) continue;
    for (const [inner, bytes] of await readArchive(`${path}/${name}`, content))
      all.set(`${name.replace(/\.tgz$/, "")}/${inner}`, bytes);
  }
  return all;
}

const blockSize = 512;

/** The files of a tar archive with their contents. */
function* tarEntries(tar: Buffer): Generator<readonly [string, Buffer]> {
  let longName: string | undefined;
  for (let at = 0; at + blockSize <= tar.length; ) {
    const header = tar.subarray(at, at + blockSize);
    if (header[0] === 0) return;
    const size = Number.parseInt(textOf(header.subarray(124, 136)), 8) || 0;
    const type = String.fromCharCode(header[156] ?? 0);
    const content = tar.subarray(at + blockSize, at + blockSize + size);
    const prefix = textOf(header.subarray(345, 500));
    const name = longName ?? `${prefix === "" ? "" : `${prefix}/`}${textOf(header.subarray(0, 100))}`;
    longName = undefined;
    if (type === "x") longName = /\d+ path=([^\n]+)\n/.exec(content.toString("utf8"))?.[1];
    else if (type === "L") longName = textOf(content);
    else if (type === "0" || type === "\0") yield [name, content];
    at += blockSize + Math.ceil(size / blockSize) * blockSize;
  }
}

function textOf(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes
    .subarray(0, end === -1 ? bytes.length : end)
    .toString("utf8")
    .trim();
}
