/** `network`: how what is granted is reached. */
import type { Embedding } from "../embedding.ts";
import type { NetworkOptions as Checked } from "../machine/protocol.ts";
import { normalizeHost } from "../permissions/hosts.ts";
import { checkOptions, flag, refuse, text } from "./check.ts";
import { type Credential, normalizeCredentials } from "./credentials.ts";

export interface NetworkOptions {
  /**
   * Where names lead instead of where the host's resolver says: `{ "api.test": "127.0.0.1" }`, with ports
   * `{ "api.test:443": "127.0.0.1:8443" }`. Who is granted such a name may reach its address.
   */
  hosts?: Record<string, string>;
  /**
   * Certificates of authorities (PEM) that the gateway trusts beside the host's, where it speaks TLS for
   * programs.
   */
  ca?: string | readonly string[];
  /**
   * Looks into TLS that programs speak themselves, as curl, git and wget do, so that rules by method and
   * path, credentials and the audit log apply there too: an authority of the machine's own, which only
   * its programs trust, answers in the server's place. On Node. Default: false.
   */
  inspect?: boolean;
  /** Headers that the gateway adds to requests, so that programs never hold them. */
  credentials?: readonly Credential[];
}

const KNOWN = ["hosts", "ca", "inspect", "credentials"];
const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** Functions of the embedder's stay with `embedding`. */
export function normalizeNetwork(
  where: string,
  options: NetworkOptions = {},
  embedding: Pick<Embedding, "credentialSources">,
): Checked {
  checkOptions(`${where}: network`, options, KNOWN);
  const { hosts = {}, ca, inspect = false, credentials = [] } = options;
  return {
    hosts: normalizeHosts(where, hosts),
    ca: authorities(where, ca),
    inspect: flag({ where, name: "network.inspect" }, inspect),
    credentials: normalizeCredentials(where, credentials, embedding),
  };
}

function normalizeHosts(where: string, hosts: Record<string, string>): Record<string, string> {
  const place = { where, name: "network.hosts" };
  if (typeof hosts !== "object" || hosts === null || Array.isArray(hosts)) {
    refuse(place, hosts, 'an object such as { "api.test": "127.0.0.1" }');
  }
  return Object.fromEntries(
    Object.entries(hosts).map(([key, value]) => {
      const [, name = "", port] = /^([^:]+)(:\d{1,5})?$/.exec(key) ?? [];
      const host = normalizeHost(name);
      if (!host || host.address) {
        refuse(place, key, "by names, or names and ports", 'Such as "api.test" or "api.test:443".');
      }
      const at = { where, name: `network.hosts[${JSON.stringify(key)}]` };
      return [`${host.text}${port ?? ""}`, addressOf(at, value)];
    }),
  );
}

function addressOf(place: { where: string; name: string }, value: unknown): string {
  const written = text(place, value);
  const [, six, four, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(written) ?? [];
  const host = normalizeHost(six ?? four ?? written);
  if (!host?.address || Number(port ?? 1) > 65_535) {
    refuse(place, value, "an address, or an address and a port", 'Such as "127.0.0.1:8443".');
  }
  const shown = host.address.length === 16 ? `[${host.text}]` : host.text;
  return port === undefined ? shown : `${shown}:${Number(port)}`;
}

function authorities(where: string, ca: NetworkOptions["ca"] = []): string[] {
  const place = { where, name: "network.ca" };
  const remedy = "It begins with -----BEGIN CERTIFICATE-----.";
  return (Array.isArray(ca) ? ca : [ca]).flatMap(
    (one) => text(place, one).match(PEM) ?? refuse(place, one, "certificates in PEM", remedy),
  );
}
