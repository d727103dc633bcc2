/**
 * Frames, the units that a WebSocket carries. Nine bytes of header, then the payload:
 *
 *     0      what it is: the last part of a message, a part that more follow, an acknowledgement
 *     1..4   how many frames of the other side's have arrived (modulo 2^32)
 *     5..8   the message's number: a request's, or that of its answer; 0 for news
 */
export const FrameKind = { LAST: 0, PART: 1, ACKNOWLEDGEMENT: 2 } as const;

export interface Frame {
  readonly kind: number;
  readonly acknowledged: number;
  readonly message: number;
  readonly payload: Uint8Array;
}

export const HEADER_BYTES = 9;

export function encodeFrame({ kind, acknowledged, message, payload }: Frame): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = kind;
  view.setUint32(1, acknowledged);
  view.setUint32(5, message);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/** Undefined where it is none. The payload is a view of `bytes`. */
export function decodeFrame(bytes: Uint8Array): Frame | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = view.getUint8(0);
  if (kind > FrameKind.ACKNOWLEDGEMENT) return undefined;
  return {
    kind,
    acknowledged: view.getUint32(1),
    message: view.getUint32(5),
    payload: bytes.subarray(HEADER_BYTES),
  };
}
