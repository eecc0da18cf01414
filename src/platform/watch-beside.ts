import type { Kubectl } from "./kubectl.ts";
import type { WatchEvent } from "./kubectl-watch.ts";

/** What is followed beside a body. */
export interface Watched {
  readonly resource: string;
  readonly onEvent: (event: WatchEvent) => void;
  /** Told when the watch ends by itself; the body goes on without it. */
  readonly onFailure: (error: unknown) => void;
}

/** Runs the body and follows changes of a namespace for as long. The watches have ended when it returns. */
export async function watchBeside<T>(
  kubectl: Kubectl,
  namespace: string,
  { watched, body }: { readonly watched: readonly Watched[]; readonly body: () => Promise<T> },
): Promise<T> {
  const ending = new AbortController();
  const watches = watched.map(({ resource, onEvent, onFailure }) =>
    kubectl.watch(resource, namespace, undefined, onEvent, ending.signal).catch(onFailure),
  );
  try {
    return await body();
  } finally {
    ending.abort();
    await Promise.all(watches);
  }
}
