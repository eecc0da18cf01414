import { randomBytes } from "node:crypto";

/** What a `GITHUB_TOKEN` may do and for whom it was made. */
export interface TokenGrant {
  readonly permissions: Readonly<Record<string, "read" | "write">>;
  readonly actor: string;
}

/** Tokens of running jobs. */
export class Tokens {
  readonly #grants = new Map<string, TokenGrant>();

  /** Makes a token that looks like GitHub's installation tokens. */
  issue(grant: TokenGrant): string {
    const token = `ghs_${randomBytes(27).toString("base64url").replaceAll(/[-_]/g, "a")}`;
    this.#grants.set(token, grant);
    return token;
  }

  /** Ends a token, as GitHub does when its job ends. */
  revoke(token: string): void {
    this.#grants.delete(token);
  }

  /** The grant behind an Authorization header. */
  find(authorization: string | undefined): TokenGrant | undefined {
    const token = /^(?:bearer|token)\s+(\S+)$/i.exec(authorization ?? "")?.[1];
    return token === undefined ? undefined : this.#grants.get(token);
  }
}
