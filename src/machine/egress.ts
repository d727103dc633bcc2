/** The way out of one machine: its gateway, with what the machine's options and its host lend it. */
import { Errno, type Kernel, KernelError, type Outside } from "../../kernel/index.ts";
import { parseIPv4, parseIPv6, samePrefix } from "../../kernel/net/ip-text.ts";
import { IsopodError } from "../errors.ts";
import { EgressGateway } from "../gateway/egress-gateway.ts";
import type { EgressCounts } from "../gateway/egress-meter.ts";
import { type CredentialRequest, Credentials } from "../gateway/http/credentials.ts";
import { HttpInspector, type TlsTerminator } from "../gateway/http/inspector.ts";
import type { NetworkRule } from "../permissions/data.ts";
import type { FilledOptions } from "./image-defaults.ts";
import type { MachineThread } from "./machine.ts";
import type { Platform, Terminator } from "./platform.ts";

/** What looks into the TLS of the machine's programs, where that is asked for. */
export function terminatorFor(
  { network }: FilledOptions,
  platform: Platform,
): Promise<Terminator> | undefined {
  if (!network?.inspect) return undefined;
  const made =
    platform.makeTerminator?.() ??
    Promise.reject(
      new IsopodError(
        "ERR_NOT_ON_THIS_HOST",
        "network.inspect needs Node's TLS: this host has none",
      ),
    );
  // Whoever starts the machine is told.
  made.catch(() => {});
  return made;
}

/** To be closed before the kernel is switched off. */
export function openEgress(
  kernel: Kernel,
  { permissions = [], network = {} }: FilledOptions,
  platform: Platform,
  { guard, embedder }: Pick<MachineThread, "guard" | "embedder">,
  terminator: Promise<TlsTerminator> | undefined,
): EgressGateway {
  const { policy } = guard;
  const source = async (place: string, request: CredentialRequest) =>
    (await embedder?.credentials(place, request)) ?? [];
  const gateway = new EgressGateway(kernel.init, {
    policy,
    dialer: platform.dialer(network, (port) =>
      permissions.some((set) => set.network.rules.some((rule) => isOfHttp(rule, port))),
    ),
    hosts: network.hosts,
    hostname: () => kernel.hostname,
    inspector: new HttpInspector({
      policy,
      credentials: new Credentials(network.credentials ?? [], source),
      terminator: terminator && {
        accept: async (guest, name) => (await terminator).accept(guest, name),
      },
    }),
    lends: (to) =>
      permissions.length > 0 &&
      permissions.every((set) => set.network.rules.some((rule) => names(rule, to))),
  });
  gateway.meter.check = (counts) => requireWithin(kernel, counts);
  kernel.network.gateway = gateway;
  return gateway;
}

/** limits.egressBytes and egressRequests; what goes too far fails, and all that comes after it. */
function requireWithin({ gauges }: Kernel, counts: EgressCounts): void {
  const { egressBytes, egressRequests } = gauges;
  egressBytes.measure(counts.bytesIn + counts.bytesOut);
  egressRequests.measure(counts.connections + counts.requests);
  for (const [gauge, errno] of [
    [egressRequests, Errno.EACCES],
    [egressBytes, Errno.ECONNRESET],
  ] as const) {
    if (gauge.free >= 0) continue;
    gauge.reached();
    throw new KernelError(errno);
  }
}

/** A rule that was written as a URL with this port. */
function isOfHttp({ text, ports = [] }: NetworkRule, port: number): boolean {
  return /^([A-Za-z,]+ +)?(https?|wss?):/.test(text) && ports.some(([first]) => first === port);
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
