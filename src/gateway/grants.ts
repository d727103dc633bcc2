/** What the gateway asks the policy, and the addresses that it may connect to. */
import {
  type Asker,
  type Crossing,
  Errno,
  KernelError,
  type Policy,
  type Verdict,
} from "../../kernel/index.ts";
import { parseAddress } from "../permissions/special-addresses.ts";

export type Connect = Extract<Crossing, { kind: "connect" }>;

/** Fails with EACCES, or rejects with it, where the policy does not allow a crossing. */
export function require(
  policy: Policy,
  crossing: Crossing,
  asker: Asker,
): Verdict | Promise<Verdict> {
  const verdict = policy.decide(crossing, asker);
  return verdict instanceof Promise ? verdict.then(requireAllowed) : requireAllowed(verdict);
}

/** Those of a name's addresses that may be connected to; EACCES where there are none. */
export async function permitted(
  policy: Policy,
  crossing: Connect,
  addresses: readonly string[],
  asker: Asker,
): Promise<string[]> {
  const allowed: string[] = [];
  let reason: string | undefined;
  for (const address of addresses) {
    if (!parseAddress(address)) continue;
    const verdict = await policy.decide({ ...crossing, address }, asker);
    if (verdict.allowed) allowed.push(address);
    else reason = verdict.reason;
  }
  if (allowed.length === 0) throw new KernelError(Errno.EACCES, reason);
  return allowed;
}

function requireAllowed(verdict: Verdict): Verdict {
  if (!verdict.allowed) throw new KernelError(Errno.EACCES, verdict.reason);
  return verdict;
}
