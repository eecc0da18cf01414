/** Absolute paths of everything a world is made of. */
export interface Parts {
  readonly kubeApiserver: string;
  readonly kubeControllerManager: string;
  readonly kubeScheduler: string;
  readonly kubelet: string;
  readonly kubeProxy: string;
  readonly kubectl: string;
  readonly helm: string;
  readonly traefik: string;
  readonly gitleaks: string;
  readonly osvScanner: string;
  /** Folder with the Gateway API's custom resource definitions. */
  readonly gatewayDefinitions: string;
  /** Folders that lie over /usr inside the world: unpacked packages that the machine lacks. */
  readonly overlayRoots: readonly string[];
  /** OCI layout folders. */
  readonly images: { readonly node: string; readonly pause: string };
}
