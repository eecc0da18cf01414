/** A package that the recorded database names: what the scenario adds, and what the base image's npm cache must hold. */
const name = "minimist";
const version = "1.2.5";
/** As the package's registry states it. */
const integrity =
  "sha512-FM9nNUYrRBAELZQT3xeZQ7fmMOBg6nWNmJKTcgsJeaLstP/UODVpGsr5OhXhhXg6f+qtJ8uiZ+PUxkDWcgIXLw==";

export const vulnerablePackage = `${name}@${version}`;

interface Manifest {
  dependencies?: Record<string, string>;
}

interface Lockfile {
  packages?: Record<string, Manifest & { version?: string; integrity?: string; license?: string }>;
}

/** The texts of package.json and package-lock.json with the package added. */
export function addVulnerablePackage(
  manifestText: string,
  lockText: string,
): { manifest: string; lock: string } {
  const manifest: Manifest = JSON.parse(manifestText);
  manifest.dependencies = { ...manifest.dependencies, [name]: version };
  const lock: Lockfile = JSON.parse(lockText);
  const root = lock.packages?.[""];
  if (root !== undefined) root.dependencies = { ...root.dependencies, [name]: version };
  lock.packages = { ...lock.packages, [`node_modules/${name}`]: { version, integrity, license: "MIT" } };
  return { manifest: `${JSON.stringify(manifest, null, 2)}\n`, lock: `${JSON.stringify(lock, null, 2)}\n` };
}
