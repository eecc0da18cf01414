/**
 * Hosts of this machine that a build may speak to: those in its image name, its build arguments and its Dockerfile.
 * Registries on the own machine are spoken to without TLS, as every client does.
 */
export function localRegistriesIn(texts: readonly string[]): readonly string[] {
  const local = /(?:^|[\s"'=])((?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?)\//g;
  const found = texts.flatMap((text) => [...text.matchAll(local)].map(([, host = ""]) => host));
  return [...new Set(found)].toSorted();
}

/** Whether a registry host is this machine itself. */
export function isLocalRegistry(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/.test(host);
}
