/** What the gateway asks the policy, and the addresses that it may connect to. */
import {
  type Asker,
  type Crossing,
  Errno,
  KernelError,
  type Policy,
  type Verdict,
} from "../../kernel/index.ts";
import { isSpecial, parseAddress } from "../permissions/special-addresses.ts";

export type Connect = Extract<Crossing, { kind: "connect" }>;

/** A policy that can tell an address from the name that led to it. */
export interface AddressPolicy extends Policy {
  /** Whether a connection that was allowed may be made to this address, which is no public one. */
  decideAddress?(crossing: Connect, address: string, asker: Asker): Verdict | Promise<Verdict>;
}

/** Fails with EACCES, or rejects with it, where the policy does not allow a crossing. */
export function require(
  policy: Policy,
  crossing: Crossing,
  asker: Asker,
): undefined | Promise<undefined> {
  const verdict = policy.decide(crossing, asker);
  return verdict instanceof Promise ? verdict.then(requireAllowed) : requireAllowed(verdict);
}

/** Those of a name's addresses that may be connected to; EACCES where there are none. */
export async function permitted(
  policy: AddressPolicy,
  crossing: Connect,
  addresses: readonly string[],
  asker: Asker,
): Promise<string[]> {
  const allowed: string[] = [];
  for (const address of addresses) {
    const bytes = parseAddress(address);
    if (!bytes) continue;
    if (!isSpecial(bytes) || (await isGranted(policy, crossing, address, asker))) {
      allowed.push(address);
    }
  }
  if (allowed.length === 0) throw new KernelError(Errno.EACCES);
  return allowed;
}

async function isGranted(
  policy: AddressPolicy,
  crossing: Connect,
  address: string,
  asker: Asker,
): Promise<boolean> {
  const verdict = policy.decideAddress
    ? policy.decideAddress(crossing, address, asker)
    : policy.decide({ ...crossing, host: address }, asker);
  return (await verdict).allowed;
}

function requireAllowed({ allowed }: Verdict): undefined {
  if (!allowed) throw new KernelError(Errno.EACCES);
}
