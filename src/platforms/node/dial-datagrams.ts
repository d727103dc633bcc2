/** UDP sockets of the host's for the gateway, and questions to the host's name servers. */
import { createSocket } from "node:dgram";
import dns from "node:dns";
import { isIPv6 } from "node:net";
import { Errno, KernelError } from "../../../kernel/index.ts";
import type { DatagramPort, HearDatagram } from "../../gateway/dialer.ts";

const DNS_PORT = 53;
/** Milliseconds for the answer of one name server. */
const ANSWER_MS = 3000;

export function openDatagrams(family: 4 | 6, hear: HearDatagram): DatagramPort {
  const socket = createSocket(family === 4 ? "udp4" : "udp6");
  socket.unref();
  // What a network says of a datagram's fate is not told to guests.
  socket.on("error", () => {});
  socket.on("message", (bytes, { address, port }) => hear(address, port, Uint8Array.from(bytes)));
  let isOpen = true;
  return {
    send(address, port, bytes) {
      if (isOpen) socket.send(bytes, port, address, () => {});
    },
    close() {
      isOpen = false;
      socket.close();
    },
  };
}

/** The first answer that one of the servers gives, which are asked in turn. */
export async function queryNames(message: Uint8Array): Promise<Uint8Array> {
  // dns.setServers replaces the function.
  for (const server of dns.getServers()) {
    const answer = await ask(server, message);
    if (answer) return answer;
  }
  throw new KernelError(Errno.ETIMEDOUT);
}

/** `server` is an address, or an address and a port. */
function ask(server: string, message: Uint8Array): Promise<Uint8Array | undefined> {
  const [, bracketed, plain = bracketed ?? server, port] =
    /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(server) ?? [];
  return new Promise((resolve) => {
    const open = openDatagrams(isIPv6(plain) ? 6 : 4, (address, _port, answer) => {
      const isTheirs = address === plain && answer[0] === message[0] && answer[1] === message[1];
      if (isTheirs) finish(answer);
    });
    const timer = setTimeout(() => finish(undefined), ANSWER_MS);
    timer.unref();
    const finish = (answer: Uint8Array | undefined) => {
      clearTimeout(timer);
      open.close();
      resolve(answer);
    };
    open.send(plain, port === undefined ? DNS_PORT : Number(port), message);
  });
}
