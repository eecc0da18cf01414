export class ProxyAgent {
  constructor(options: { readonly uri: string; readonly token?: string });
}
export function fetch(
  input: string | URL | Request,
  options?: Omit<RequestInit, "dispatcher"> & { readonly dispatcher?: ProxyAgent },
): Promise<Response>;
