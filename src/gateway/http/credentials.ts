/**
 * Credentials that the gateway adds to requests on their way out, so that guests never hold them. They go to
 * a server that the host has verified to be the one that is named, unless plain HTTP was allowed for them;
 * texts, the audit log and answers of the gateway's own do not have them.
 */
import type { Header } from "../../http/message.ts";
import type { NetworkRule } from "../../permissions/data.ts";
import { NetworkPolicy } from "../../permissions/network-policy.ts";

/** One entry of `network.credentials`, for the kernel's thread. */
export interface CredentialRule {
  /** `network.credentials[0]`: how it is spoken of. */
  readonly place: string;
  readonly rules: readonly NetworkRule[];
  /** Undefined: the embedder's function tells them, request by request. */
  readonly headers: readonly Header[] | undefined;
  /** Also without TLS. */
  readonly insecure: boolean;
}

/** A request that they might be for. */
export interface CredentialRequest {
  readonly protocol: "http" | "https";
  readonly host: string;
  readonly port: number;
  readonly method: string;
  readonly path: string;
}

/** Asks the embedder's function. */
export type CredentialSource = (
  place: string,
  request: CredentialRequest,
) => Promise<readonly Header[]>;

/** The embedder's function failed; what it said may be a secret. */
export class CredentialFailure extends Error {}

interface Entry {
  readonly rule: CredentialRule;
  readonly policy: NetworkPolicy;
}

export class Credentials {
  readonly #entries: readonly Entry[];
  readonly #source: CredentialSource;

  constructor(rules: readonly CredentialRule[], source: CredentialSource) {
    this.#source = source;
    this.#entries = rules.map((rule) => ({
      rule,
      policy: new NetworkPolicy(
        { place: rule.place, otherwise: "deny", decider: "", rules: rule.rules },
        undefined,
      ),
    }));
  }

  /** Some are for this request; with `isVerified` false only those that need no TLS. */
  concern(request: CredentialRequest, isVerified: boolean): boolean {
    return this.#matching(request, isVerified).length > 0;
  }

  /** The headers with those of ours in place of the guest's own. */
  async added(
    headers: readonly Header[],
    request: CredentialRequest,
    isVerified: boolean,
  ): Promise<Header[]> {
    let all = [...headers];
    for (const { place, headers: fixed } of this.#matching(request, isVerified)) {
      const own = fixed ?? (await this.#told(place, request));
      const names = new Set(own.map(([name]) => name.toLowerCase()));
      all = [...all.filter(([name]) => !names.has(name.toLowerCase())), ...own];
    }
    return all;
  }

  #matching(request: CredentialRequest, isVerified: boolean): CredentialRule[] {
    return this.#entries
      .filter(({ rule }) => rule.insecure || isVerified)
      .filter(({ policy }) => policy.find({ kind: "request", ...request }).effect === "allow")
      .map(({ rule }) => rule);
  }

  async #told(place: string, request: CredentialRequest): Promise<readonly Header[]> {
    try {
      return await this.#source(place, request);
    } catch {
      throw new CredentialFailure(`the function of ${place} failed`);
    }
  }
}
