import { expect, test } from "vitest";
import { clusterTrouble } from "../../src/platform/cluster-trouble.ts";

// As kubectl 1.34 and helm 4.2 said it.
test.each([
  {
    text: "Unable to connect to the server: getting credentials: exec: executable acme-auth not found\n\nIt looks like you are trying to use a client-go credential plugin that is not installed.",
    says: 'The kubeconfig logs in with the program "acme-auth", which is not on PATH: install it in a step before',
  },
  {
    text: 'Error: kubernetes cluster unreachable: Get "https://127.0.0.1:6443/version": getting credentials: exec: executable acme-auth not found',
    says: 'The kubeconfig logs in with the program "acme-auth", which is not on PATH: install it in a step before',
  },
  {
    text: "Unable to connect to the server: getting credentials: exec: executable acme-auth failed with exit code 3",
    says: "The kubeconfig logs in with a program that failed: getting credentials: exec: executable acme-auth failed with exit code 3",
  },
  {
    text: "error: You must be logged in to the server (Unauthorized)",
    says: "The cluster does not accept the credentials: they have expired, were revoked or are not for it",
  },
  {
    text: "Error: query: failed to query with labels: Unauthorized",
    says: "The cluster does not accept the credentials: they have expired, were revoked or are not for it",
  },
  { text: 'Error from server (Forbidden): pods is forbidden: User "u" cannot list', says: undefined },
  { text: "The connection to the server 127.0.0.1:1 was refused", says: undefined },
])("clusterTrouble() says: $says", ({ text, says }) => {
  expect(clusterTrouble(text)).toBe(says);
});
