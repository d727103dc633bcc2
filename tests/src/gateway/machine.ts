/** A bare kernel with the gateway and the network of this process, and servers to reach. */
import { type AddressInfo, createServer, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import {
  AF_INET,
  type Crossing,
  decodeUtf8,
  type Kernel,
  type Policy,
  SOCK_STREAM,
  type SocketAddress,
  type Sys,
} from "../../../kernel/index.ts";
import { EgressGateway, type EgressOptions } from "../../../src/gateway/egress-gateway.ts";
import { nodeDialer } from "../../../src/platforms/node/dial.ts";
import { bootKernel } from "../../kernel/boot.ts";

/** Allows `host:port`, `host` as a name to look up, and remembers what it was asked. */
export class ListPolicy implements Policy {
  readonly asked: Crossing[] = [];
  readonly #allowed: ReadonlySet<string>;

  constructor(...allowed: string[]) {
    this.#allowed = new Set(allowed);
  }

  decide(crossing: Crossing): { allowed: boolean; reason: string } {
    this.asked.push(crossing);
    const key =
      crossing.kind === "resolve"
        ? crossing.host
        : crossing.kind === "connect"
          ? `${crossing.host}:${crossing.port}`
          : crossing.kind;
    return { allowed: this.#allowed.has(key), reason: "the list" };
  }
}

export function connectedKernel(options: Partial<EgressOptions> & { policy: Policy }): {
  kernel: Kernel;
  gateway: EgressGateway;
} {
  const kernel = bootKernel();
  const gateway = new EgressGateway(kernel.init, { dialer: nodeDialer(), ...options });
  kernel.network.gateway = gateway;
  return { kernel, gateway };
}

export interface TestServer extends AsyncDisposable {
  readonly port: number;
  readonly sockets: Set<Socket>;
  /** Resolves when it has so many connections. */
  full(count: number): Promise<void>;
  empty(): Promise<void>;
}

export function serve(
  onConnection: (socket: Socket) => void,
  allowHalfOpen = false,
): Promise<TestServer> {
  const sockets = new Set<Socket>();
  let changed = () => {};
  const count = async (wanted: number) => {
    while (sockets.size !== wanted) {
      await new Promise<void>((resolve) => {
        changed = resolve;
      });
    }
  };
  const server = createServer({ allowHalfOpen }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => {
      sockets.delete(socket);
      changed();
    });
    changed();
    socket.on("error", () => {});
    onConnection(socket);
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      resolve({
        port: (server.address() as AddressInfo).port,
        sockets,
        full: count,
        empty: () => count(0),
        [Symbol.asyncDispose]: () =>
          new Promise((done) => {
            for (const socket of sockets) socket.destroy();
            server.close(() => done());
          }),
      });
    });
  });
}

export async function connect(
  sys: Sys,
  port: number,
  host = [127, 0, 0, 1],
  flags = 0,
): Promise<number> {
  const fd = await sys.socket(AF_INET, SOCK_STREAM | flags, 0);
  await sys.connect(fd, at(port, host));
  return fd;
}

export function at(port: number, host: readonly number[]): SocketAddress {
  return { family: AF_INET, address: Uint8Array.from(host), port, scope: 0 };
}

/** All that comes, to the end. */
export async function readAll(sys: Sys, fd: number): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(65_536);
  for (;;) {
    const count = await sys.read(fd, buffer);
    if (count === 0) return text;
    text += decodeUtf8(buffer, 0, count);
  }
}

/** What Node's client sends first. */
export function helloOf(options: {
  servername?: string;
  ALPNProtocols?: string[];
}): Promise<Uint8Array> {
  return new Promise((resolve) => {
    const wire = new Duplex({
      read() {},
      write(bytes: Buffer) {
        resolve(Uint8Array.from(bytes));
        wire.destroy();
      },
    });
    connectTls({ socket: wire, ...options }).on("error", () => {});
  });
}
