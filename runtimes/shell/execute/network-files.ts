/** /dev/tcp/HOST/PORT and /dev/udp/HOST/PORT: names that a redirection opens as a connected socket. */
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  AT_FDCWD,
  decodeUtf8,
  KernelError,
  O_RDONLY,
  parseIPv4,
  parseIPv6,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_STREAM,
} from "../../../kernel/abi.ts";
import { explain } from "../../../kernel/errno.ts";
import { ShellError } from "../errors.ts";
import type { Shell } from "../state.ts";
import type { Task } from "../task.ts";

const NAME = /^\/dev\/(tcp|udp)\/([^/]+)\/([^/]+)$/;
const PORT_MAX = 65_535;
const HOSTS_MAX = 65_536;

export function isNetworkFile(path: string): boolean {
  return NAME.test(path);
}

/** A descriptor that is connected to the first address of the host that answers. */
export function* openNetworkFile(shell: Shell, path: string): Task<number> {
  const [, protocol, host = "", portText] = NAME.exec(path) as RegExpExecArray;
  const port = /^\d{1,5}$/.test(portText as string) ? Number(portText) : PORT_MAX + 1;
  if (port > PORT_MAX) throw new ShellError(`${portText}: Servname not supported for ai_socktype`);
  const addresses: Uint8Array[] = yield* addressesOf(shell, host);
  const type = protocol === "tcp" ? SOCK_STREAM : SOCK_DGRAM;
  let failure = `${host}: Name or service not known`;
  for (const address of addresses) {
    const family = address.length === 4 ? AF_INET : AF_INET6;
    const { sys } = shell;
    const made = sys.socket(family, type | SOCK_CLOEXEC, 0);
    const fd: number = typeof made === "number" ? made : yield made;
    try {
      const connected = sys.connect(fd, { family, address, port, scope: 0 });
      if (connected instanceof Promise) yield connected;
      return fd;
    } catch (reason) {
      void sys.close(fd);
      if (!(reason instanceof KernelError)) throw reason;
      failure = `${path}: ${explain(reason)}`;
    }
  }
  throw new ShellError(failure);
}

function* addressesOf(shell: Shell, host: string): Task<Uint8Array[]> {
  const numeric = parseIPv4(host) ?? parseIPv6(host);
  if (numeric) return [numeric];
  const found: Uint8Array[] = [];
  const text: string = yield* hostsText(shell);
  for (const line of text.split("\n")) {
    const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    const bytes = names.includes(host) ? (parseIPv4(address) ?? parseIPv6(address)) : undefined;
    if (bytes) found.push(bytes);
  }
  if (found.length > 0) return found;
  if (host === "localhost") return [Uint8Array.of(127, 0, 0, 1)];
  try {
    const asked = shell.sys.getaddrinfo(host, AF_UNSPEC);
    const others: readonly Uint8Array[] = asked instanceof Promise ? yield asked : asked;
    return others.map((bytes) => bytes.slice());
  } catch (reason) {
    if (!(reason instanceof KernelError)) throw reason;
    throw new ShellError(`${host}: ${explain(reason)}`);
  }
}

function* hostsText({ sys }: Shell): Task<string> {
  let fd: number;
  try {
    const opened = sys.openat(AT_FDCWD, "/etc/hosts", O_RDONLY, 0);
    fd = typeof opened === "number" ? opened : yield opened;
  } catch (reason) {
    if (reason instanceof KernelError) return "";
    throw reason;
  }
  const buffer = new Uint8Array(HOSTS_MAX);
  const read = sys.read(fd, buffer);
  const count: number = typeof read === "number" ? read : yield read;
  void sys.close(fd);
  return decodeUtf8(buffer, 0, count);
}
