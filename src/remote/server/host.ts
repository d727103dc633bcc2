/**
 * What a remote server needs of the host that it runs on: machines by name, and a way to turn a request
 * into a WebSocket. `isopod serve` supplies both on Node (src/remote/node), the Durable Object at the
 * edge; everything else of a server (server.ts) is the same on both, written against Request, Response
 * and the few socket methods below.
 */
import type { ChunkStore, Hash } from "../../../kernel/state/chunk-store.ts";
import type { ForkRequest } from "../../machine/protocol.ts";
import type { TransferTarget } from "../../stores/transfer-target.ts";
import type { KernelThread } from "../../thread/kernel-thread.ts";
import type { CreateRequest } from "../protocol.ts";

/** The machines that a server offers, by name. Failures are RemoteErrors (../errors.ts). */
export interface MachineHost {
  list(): Promise<MachineSummary[]>;
  /** Makes a machine; its name, chosen where `name` is undefined. */
  create(name: string | undefined, request: CreateRequest): Promise<string>;
  /** A running machine, switched on where it was off. Ends with release(). */
  attach(name: string): Promise<HeldMachine>;
  /** Ends it and forgets everything that it held. */
  remove(name: string): Promise<void>;
  /** Undefined: its machines are kept nowhere, and cannot travel. */
  readonly travel?: TravelGate | undefined;
}

/** How machines come and go; StoreTravelGate is one over a chunk store. Each call may be made again. */
export interface TravelGate {
  chunks(name: string): Promise<ChunkStore>;
  target(name: string): Promise<Pick<TransferTarget, "missing" | "put">>;
  depart(name: string, move: boolean): Promise<Hash>;
  moved(name: string): Promise<void>;
  stay(name: string): Promise<void>;
  expect(name: string, root: Hash): Promise<void>;
  arrive(name: string, root: Hash): Promise<void>;
}

export interface MachineSummary {
  readonly name: string;
  readonly state: "on" | "off";
  /** Goes away with the last client that uses it. */
  readonly temporary: boolean;
  /** Reference of its image, where the host tells. */
  readonly image?: string | undefined;
}

/** One use of a machine. While it is held the host does not switch the machine off. */
export interface HeldMachine {
  readonly thread: KernelThread;
  /** In `thread`. */
  readonly id: number;
  /** Makes another machine that begins as this one is now; its name. Undefined: this host cannot. */
  readonly fork?: ((request: ForkRequest) => Promise<string>) | undefined;
  release(): void;
}

/** The server's end of a WebSocket. */
export interface ServerSocket {
  send(data: string | Uint8Array): void;
  close(code: number, reason: string): void;
  /** Bytes that were sent and have not left; undefined where the host does not tell. */
  readonly bufferedAmount: number | undefined;
}

/** What becomes of a WebSocket's events; the host calls these. */
export interface Connection {
  message(data: string | ArrayBuffer | Uint8Array): void;
  /** The socket is closed; `clean`: by the client's wish, so that it will not come back. */
  closed(clean: boolean): void;
  /**
   * Plain JSON of some hundred bytes, from which RemoteServer.restore makes this connection again. To be
   * kept with the socket after each message where the host may forget its memory meanwhile (hibernation).
   */
  attachment(): ConnectionAttachment;
}

export interface ConnectionAttachment {
  readonly machine: string;
  readonly session: string;
  /** Frames that went each way. */
  readonly received: number;
  readonly sent: number;
}

/**
 * Turns the request under way into a WebSocket. The host accepts it, calls `open` with its end, and hands
 * the socket's events to the connection that it gets. The Response is what fetch() then resolves with.
 */
export type Upgrade = (
  open: (socket: ServerSocket) => Connection,
  /** The subprotocol to answer with, where the client offered one. */
  protocol: string | undefined,
) => Response;
