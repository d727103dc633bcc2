/**
 * What a machine's programs may do beyond computing on their own files. The host lays the policy down
 * (src/permissions) and the kernel asks it wherever something would leave the machine or a program would
 * start; without one, nothing leaves and every program may run.
 */

import { Errno, KernelError } from "./errno.ts";
import type { Call } from "./syscalls/call.ts";
import { outcomeOf } from "./wait/outcomes.ts";

/** Something that a policy is asked about. */
export type Crossing =
  /** A name is looked up. */
  | { readonly kind: "resolve"; readonly host: string }
  /** A connection to the outside, or datagrams. `host` is the name that led there, or the address. */
  | {
      readonly kind: "connect";
      readonly protocol: "tcp" | "udp" | "tls";
      readonly host: string;
      readonly port: number;
      /**
       * What `host`, a name, was looked up to and is about to be connected to. Where it is internal, a rule
       * has to name the address as well.
       */
      readonly address?: string;
      /** Whoever connects asks about each HTTP request by itself, and lets nothing else through. */
      readonly inspected?: boolean;
    }
  /** One HTTP request that the gateway can read; `path` with its query. */
  | {
      readonly kind: "request";
      readonly protocol: "http" | "https";
      readonly host: string;
      readonly port: number;
      readonly method: string;
      readonly path: string;
    }
  /** A server waits for connections. */
  | { readonly kind: "listen"; readonly protocol: "tcp" | "udp"; readonly port: number }
  /** A program starts; `path` without links. */
  | { readonly kind: "execute"; readonly path: string }
  /** A function of the embedder's is called. */
  | { readonly kind: "tool"; readonly name: string }
  /** A file is looked for that is hidden, or to be changed though it is sealed. */
  | { readonly kind: "file"; readonly path: string; readonly access: "look" | "write" }
  /** A file system of the host's appears in the machine. */
  | {
      readonly kind: "mount";
      readonly target: string;
      readonly source: string;
      readonly readOnly: boolean;
    };

/** Who asks: pid 1 is the host. */
export interface Asker {
  readonly pid: number;
  /** The program's short name. */
  readonly command: string;
}

/** `process` as policies are told of it. */
export function askerOf({ pid, command }: Asker): Asker {
  return { pid, command };
}

export interface Verdict {
  readonly allowed: boolean;
  /** Which rule says so, for people: `permissions.network[2] denies *.example.com`. */
  readonly reason: string;
  /** Of a name that may be looked up: nobody outside is to hear of it before a connection is allowed. */
  readonly quietly?: boolean;
}

export interface Policy {
  /** A promise where somebody must be asked first. Tells the audit log; must not throw. */
  decide(crossing: Crossing, asker: Asker): Verdict | Promise<Verdict>;
  /** What is hidden and sealed of the machine's tree; undefined: nothing. */
  readonly seals?: Seals | undefined;
  /** The latest refusals in words, the oldest first, for /proc/refusals. */
  refusals?(): readonly string[];
}

/** What of the machine's tree is read-only or hidden for its programs, by absolute paths without links. */
export interface Seals {
  /**
   * "read": nothing of it changes. "none": it does not seem to be there. "way": nothing but what leads to
   * files further down that are not hidden.
   */
  access(path: string): "write" | "read" | "way" | "none";
  /** Whether all that is at and below `from` may appear at `to`: nothing of it is sealed, or it is just so there. */
  mayMove(from: string, to: string): boolean;
  /** Whether all below a path may be changed. */
  isFree(path: string): boolean;
  /** Tells of an attempt; why it is refused. */
  refuse(path: string, access: "look" | "write", asker: Asker): string;
}

/** Fails with EACCES unless the machine's policy allows what `call` is about to do; sleeps while somebody is asked. */
export function requireLeave({ kernel, process }: Call, crossing: Crossing): void {
  const { policy } = kernel;
  if (!policy) return;
  const decide = () => policy.decide(crossing, askerOf(process));
  const { allowed, reason } = outcomeOf(JSON.stringify(crossing), decide);
  if (!allowed) throw new KernelError(Errno.EACCES, reason);
}
