/** Names that need no resolver: those of /etc/hosts, and localhost. */
import {
  AT_FDCWD,
  decodeUtf8,
  formatIP,
  KernelError,
  O_RDONLY,
  parseIPv4,
  parseIPv6,
} from "../../../kernel/abi.ts";
import type { Environment } from "../environment.ts";

/** Addresses of `name`, in the file's order. */
export function addressesOf(env: Environment, name: string): Uint8Array[] {
  const wanted = name.toLowerCase().replace(/\.$/, "");
  const found: Uint8Array[] = [];
  for (const { address, names } of entries(env)) {
    if (names.some((other) => other.toLowerCase() === wanted)) found.push(address);
  }
  if (found.length === 0 && (wanted === "localhost" || wanted.endsWith(".localhost")))
    found.push(Uint8Array.of(127, 0, 0, 1), loopback6());
  return found;
}

/** The first name of `address`, or the address itself. */
export function nameOf(env: Environment, address: Uint8Array): string | undefined {
  const text = formatIP(address);
  for (const entry of entries(env)) if (formatIP(entry.address) === text) return entry.names[0];
  return text.startsWith("127.") || text === "::1" ? "localhost" : undefined;
}

/** Addresses of the resolvers in /etc/resolv.conf, or of the machine itself. */
export function nameServers(env: Environment): string[] {
  const found = linesOf(env, "/etc/resolv.conf")
    .map((line) => line.split(/\s+/))
    .filter(
      ([key, address = ""]) => key === "nameserver" && (parseIPv4(address) ?? parseIPv6(address)),
    )
    .map(([, address = ""]) => address);
  return found.length > 0 ? found : ["127.0.0.1"];
}

/** The name of a port in /etc/services. */
export function serviceOf(env: Environment, port: number): string {
  for (const line of linesOf(env, "/etc/services")) {
    const [name, number] = line.split(/\s+/);
    if (name && number === `${port}/tcp`) return name;
  }
  return COMMON_SERVICES[port] ?? `${port}`;
}

const COMMON_SERVICES: Readonly<Record<number, string>> = {
  21: "ftp",
  22: "ssh",
  25: "smtp",
  53: "domain",
  80: "http",
  443: "https",
};

function loopback6(): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes[15] = 1;
  return bytes;
}

function* entries(env: Environment): Iterable<{ address: Uint8Array; names: string[] }> {
  for (const line of linesOf(env, "/etc/hosts")) {
    const [text = "", ...names] = line.split(/\s+/);
    const address = parseIPv4(text) ?? parseIPv6(text);
    if (address && names.length > 0) yield { address, names };
  }
}

function linesOf({ sys }: Environment, path: string): string[] {
  let fd: number;
  try {
    fd = sys.openat(AT_FDCWD, path, O_RDONLY, 0);
  } catch (reason) {
    if (reason instanceof KernelError) return [];
    throw reason;
  }
  try {
    const bytes = new Uint8Array(MAX);
    let length = 0;
    for (let count = 1; count > 0 && length < MAX; length += count)
      count = sys.read(fd, bytes.subarray(length));
    const lines = decodeUtf8(bytes, 0, length).split("\n");
    return lines.map((line) => line.replace(/#.*/, "").trim()).filter((line) => line !== "");
  } finally {
    sys.close(fd);
  }
}

/** Bytes of such a file that count. */
const MAX = 65_536;
