/**
 * What a host must hand to a kernel: the clock, randomness and a place in its event loop. The kernel
 * reaches nothing else, so a test can replay a machine by injecting its own.
 */
export interface Host {
  readonly clock: Clock;
  /** Fills `target` with random bytes, fit for keys. */
  random(target: Uint8Array): void;
  readonly scheduler: Scheduler;
  /** Digests and compression, where the host has its own. */
  readonly codecs?: HostCodecs;
  /** TLS and certificates, where the host has a library for them. */
  readonly tls?: HostTls;
}

/** The host's TLS. Messages are its own and the runtime's; it takes each for hostile. */
export interface HostTls {
  /** What needs no object: certificates, authorities, names of ciphers. Throws a KernelError. */
  ask(message: Uint8Array): Uint8Array | Promise<Uint8Array>;
  open(kind: string, context: HostTlsObject | undefined): HostTlsObject;
}

export interface HostTlsObject {
  /** Bytes that it keeps of what it was given. */
  readonly holds: number;
  /** The answer, later where the library does part of it in its host's next turn. */
  call(message: Uint8Array, others: readonly HostTlsObject[]): Uint8Array | Promise<Uint8Array>;
  close(): void;
}

/** What the host computes for guests: much faster than they could, and the same. */
export interface HostCodecs {
  /** What a codec may hold of the host's memory; undefined for one that the host does not have. */
  memory(name: string, parameters: readonly number[]): CodecMemory | undefined;
  open(name: string, parameters: readonly number[], dictionary: Uint8Array): HostCodec;
}

export interface CodecMemory {
  /** Bytes while it has moved little (`CODEC_LITTLE`), and later. */
  readonly little: number;
  readonly most: number;
}

export interface HostCodec {
  /**
   * One piece of work on `data`, which is the codec's to keep, with at most `room` bytes as its outcome.
   * What takes long is done elsewhere than in the kernel's thread. `error` is the codec's own number, 0
   * where there is none; `made` then has its text.
   */
  step(operation: number, data: Uint8Array, room: number): CodecAnswer | Promise<CodecAnswer>;
  /** Another one in the same state, where that can be had. */
  copy?(): HostCodec;
  close(): void;
}

export interface CodecAnswer {
  readonly error: number;
  readonly consumed: number;
  readonly made: Uint8Array;
}

export interface Clock {
  /** Nanoseconds since 1970-01-01T00:00Z (CLOCK_REALTIME). */
  realtime(): bigint;
  /** Nanoseconds since some fixed instant; never goes back (CLOCK_MONOTONIC). */
  monotonic(): bigint;
}

export interface Scheduler {
  /** Calls `callback` once after about `milliseconds`. A pending timer may not keep the host alive. */
  setTimer(callback: () => void, milliseconds: number): Timer;
  /** Resolves after the host's event loop has taken a turn, so that other programs and input run. */
  yield(): Promise<void>;
}

export interface Timer {
  cancel(): void;
}
