/** The network of a Node process, lent to machines' gateways: names, TCP, TLS and UDP. */
import { lookup } from "node:dns";
import { Errno, KernelError } from "../../../kernel/index.ts";
import type { Dialer } from "../../gateway/dialer.ts";
import { openDatagrams, queryNames } from "./dial-datagrams.ts";
import { dialTcp } from "./dial-tcp.ts";

export interface NodeDialerOptions {
  /** Certificates of authorities that are trusted beside the host's, as PEM. */
  readonly ca?: readonly string[] | undefined;
}

/** The same list for all machines without one. */
const NO_AUTHORITIES: readonly string[] = [];

export function nodeDialer({ ca = NO_AUTHORITIES }: NodeDialerOptions = {}): Dialer {
  return {
    lookUp,
    connect: (target) => dialTcp(target, ca),
    openDatagrams,
    queryNames,
  };
}

function lookUp(name: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    lookup(name, { all: true, order: "verbatim" }, (error, addresses) => {
      if (!error) resolve(addresses.map(({ address }) => address));
      else if (error.code === "ENOTFOUND") resolve([]);
      else reject(new KernelError(Errno.EAGAIN));
    });
  });
}
