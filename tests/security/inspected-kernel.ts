/** A bare kernel whose gateway looks into HTTP, by rules as people write them; pid 1 plays the guest. */
import { decodeUtf8, type Kernel, type Policy, SHUT_WR, type Sys } from "../../kernel/index.ts";
import type { Dialer } from "../../src/gateway/dialer.ts";
import { type CredentialRule, Credentials } from "../../src/gateway/http/credentials.ts";
import { HttpInspector } from "../../src/gateway/http/inspector.ts";
import { normalizePermissions } from "../../src/options/permissions.ts";
import { NetworkPolicy } from "../../src/permissions/network-policy.ts";
import { nodeDialer } from "../../src/platforms/node/dial.ts";
import { connect, connectedKernel } from "../src/gateway/machine.ts";

export function inspectedKernel(
  rules: readonly string[],
  hosts: Record<string, string>,
  credentials: readonly CredentialRule[] = [],
  dialer: Dialer = nodeDialer(),
): Kernel {
  const { set } = normalizePermissions("test", { network: [...rules] });
  const network = new NetworkPolicy(set.network, undefined);
  const policy: Policy = {
    decide(crossing) {
      const { effect, reason } = network.find(crossing as never);
      return { allowed: effect === "allow", reason };
    },
  };
  const added = new Credentials(credentials, async () => []);
  const inspector = new HttpInspector({ policy, credentials: added, terminator: undefined });
  return connectedKernel({ policy, hosts, inspector, dialer }).kernel;
}

/** A connection to `name`, whose answers are text. */
export async function guestTo({ init }: Kernel, name: string, port: number) {
  const [address] = await init.getaddrinfo(name, 2);
  return new GuestSocket(init, await connect(init, port, [...(address ?? [])]));
}

export class GuestSocket {
  readonly #init: Sys;
  readonly #fd: number;
  #text = "";

  constructor(init: Sys, fd: number) {
    this.#init = init;
    this.#fd = fd;
  }

  async send(text: string): Promise<void> {
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    await this.#init.write(this.#fd, bytes);
  }

  async end(): Promise<void> {
    await this.#init.shutdown(this.#fd, SHUT_WR);
  }

  /** What has come once `enough` of it is there, or all. */
  async until(enough: (text: string) => boolean): Promise<string> {
    const buffer = new Uint8Array(65_536);
    while (!enough(this.#text)) {
      let count = 0;
      try {
        count = await this.#init.read(this.#fd, buffer);
      } catch {
        this.#text += "[reset]";
        break;
      }
      if (count === 0) break;
      this.#text += decodeUtf8(buffer, 0, count);
    }
    return this.#text;
  }

  all(): Promise<string> {
    return this.until(() => false);
  }

  async close(): Promise<void> {
    await this.#init.close(this.#fd);
  }
}
