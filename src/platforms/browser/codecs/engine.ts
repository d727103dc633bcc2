/** What works on one stream, in the worker of its library. */
import type { CodecAnswer } from "../../../../kernel/index.ts";

export interface Engine {
  /** As HostCodec's `step`, for the library's own flush values. */
  write(flush: number, data: Uint8Array, room: number): CodecAnswer;
  close(): void;
}

export type MakeEngine = () => Engine;

/** An answer that says what went wrong, as Node's error would. */
export function failed(error: number, message: string, code: string): CodecAnswer {
  return { error, consumed: 0, made: new TextEncoder().encode(`${message}\0${code}`) };
}

/** An answer that names what cannot be had here. */
export function refused(what: string): CodecAnswer {
  return failed(-1, `${what} in a browser`, "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM");
}
