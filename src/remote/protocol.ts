/**
 * The remote protocol's terms, the same for both ends. One WebSocket carries one client's use of one
 * machine: frames (frames.ts) of messages in CBOR (values.ts), made reliable across cut connections by a
 * link (link.ts). docs/remote.md tells it in full.
 */
import type { MachineLimits } from "../machine/protocol.ts";

/** WebSocket subprotocol. The token travels as a second one, because a browser cannot send headers. */
export const SUBPROTOCOL = "isopod.1";
export const TOKEN_PROTOCOL_PREFIX = "isopod.token.";

/** What a port, which is no WebSocket, asks with: a page may not set the names that WebSockets have. */
export const PORT_PROTOCOL_HEADER = "isopod-port-protocol";

/** Bytes of a frame's payload; larger messages go in several. A stream's 256 KiB fit, with what is said of them. */
export const FRAME_BYTES = 257 << 10;
/** Bytes that may be on their way unacknowledged, each way. */
export const WINDOW_BYTES = 4 << 20;
/** An acknowledgement is owed after so many bytes. */
export const ACKNOWLEDGE_BYTES = WINDOW_BYTES / 4;
/** Bytes of one message to the server. Clients cut long writes to PIECE_BYTES. */
export const REQUEST_BYTES_MAX = 4 << 20;
/** Bytes of one message to the client, which has to hold all of it. */
export const REPLY_BYTES_MAX = 256 << 20;
export const PIECE_BYTES = 1 << 20;
/** Values in one request; a directory's listing has far more, a command line has not. */
export const REQUEST_VALUES_MAX = 1 << 18;
/** Requests of one client under way at once. */
export const REQUESTS_MAX = 1024;
/** How long the server keeps the processes of a client whose connection was cut. */
export const GRACE_MS = 30_000;

/** Text messages beside the frames: a host may answer the first by itself (hibernation). */
export const PING = "ping";
export const PONG = "pong";

/** The server's first message, as JSON text. */
export interface Hello {
  readonly isopod: 1;
  readonly session: string;
  /** False: the session that was asked for is over, and this is a new one. */
  readonly resumed: boolean;
  /** Frames of the client's that arrived. */
  readonly received: number;
}

/** WebSocket close codes of our own. */
export const CLOSE_NORMAL = 1000;
export const CLOSE_GOING_AWAY = 1001;
export const CLOSE_BAD_MESSAGE = 4400;
export const CLOSE_MACHINE_GONE = 4410;
export const CLOSE_SILENT = 4408;
export const CLOSE_TAKEN_OVER = 4409;

/** Client to server. */
export type RequestMessage =
  | readonly ["request", part: string, name: string, args: readonly unknown[]]
  | readonly ["trace", on: boolean];

/** Server to client: the answer to a request, or news that nobody asked for (message id 0). */
export type ReplyMessage = readonly ["ok", value: unknown] | readonly ["failed", failure: object];
export type NewsMessage = readonly ["trace", lines: readonly string[]];

/** What `POST /vms` takes beside a name: createVm's options, as far as they mean something elsewhere. */
export interface CreateRequest {
  /** A reference; never a path of the server's. */
  readonly image?: string;
  readonly hostname?: string;
  readonly user?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly limits?: MachineLimits;
  /** A snapshot's name or id in the server's store, that it begins with. */
  readonly from?: string;
  /** It goes away with the last client that uses it. */
  readonly temporary?: boolean;
}

const MACHINE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export function isMachineName(name: unknown): name is string {
  return typeof name === "string" && MACHINE_NAME.test(name);
}
