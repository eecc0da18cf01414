/**
 * What is wrong with the way to the cluster, from what kubectl or helm said; undefined when it is something else. Both
 * tools say it in sentences of their own, and whichever is asked first should not decide what is read.
 */
export function clusterTrouble(text: string): string | undefined {
  const plugin = /exec: executable (\S+) not found/.exec(text)?.[1];
  if (/getting credentials/.test(text) && plugin !== undefined)
    return `The kubeconfig logs in with the program "${plugin}", which is not on PATH: install it in a step before`;
  if (/getting credentials: exec: executable (\S+) failed/.test(text))
    return `The kubeconfig logs in with a program that failed: ${firstLine(text, /getting credentials: .*/)}`;
  if (
    /You must be logged in to the server|the server has asked for the client to provide credentials|\(Unauthorized\)|: Unauthorized$/m.test(
      text,
    )
  )
    return "The cluster does not accept the credentials: they have expired, were revoked or are not for it";
  return undefined;
}

function firstLine(text: string, rule: RegExp): string {
  return (rule.exec(text)?.[0] ?? text.split("\n")[0] ?? "").slice(0, 300);
}
