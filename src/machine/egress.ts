/** The way out of one machine: its gateway, with what the machine's options and its host lend it. */
import type { Kernel, Outside, Policy } from "../../kernel/index.ts";
import { parseIPv4, parseIPv6, samePrefix } from "../../kernel/net/ip-text.ts";
import { EgressGateway } from "../gateway/egress-gateway.ts";
import type { NetworkRule } from "../permissions/data.ts";
import type { FilledOptions } from "./image-defaults.ts";
import type { Platform } from "./platform.ts";

/** To be closed before the kernel is switched off. */
export function openEgress(
  kernel: Kernel,
  policy: Policy,
  { permissions = [], network = {} }: FilledOptions,
  platform: Platform,
): EgressGateway {
  const gateway = new EgressGateway(kernel.init, {
    policy,
    dialer: platform.dialer(network),
    hosts: network.hosts,
    lends: (to) =>
      permissions.length > 0 &&
      permissions.every((set) => set.network.rules.some((rule) => names(rule, to))),
  });
  kernel.network.gateway = gateway;
  return gateway;
}

/** A rule that grants, or may, this very address of the host's loopback. */
function names({ effect, host, ports }: NetworkRule, { address, port }: Outside): boolean {
  if (effect === "deny" || host.type !== "address") return false;
  const bytes = parseIPv4(address) ?? parseIPv6(address);
  if (bytes?.length !== host.bytes.length || !samePrefix(bytes, host.bytes, host.prefix)) {
    return false;
  }
  return !ports || ports.some(([first, last]) => port >= first && port <= last);
}
