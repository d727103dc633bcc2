/**
 * Node's TLS below its library, as this folder drives it: Node's own objects (src/platforms/node/tls), or
 * OpenSSL's wasm in their form (src/platforms/openssl).
 */

/** A stream whose bytes come from and go to JavaScript (js_stream.cc). */
export interface JSStream {
  onreadstart: () => number;
  onreadstop: () => number;
  isclosing: () => boolean;
  onwrite: (request: object, chunks: readonly Uint8Array[]) => number;
  onshutdown: (request: object) => number;
  readBuffer(bytes: Uint8Array): void;
  emitEOF(): void;
  finishWrite(request: object, status: number): void;
  finishShutdown(request: object, status: number): void;
}

/** One end of a connection (crypto_tls.cc). */
export interface TlsWrap {
  [name: string | symbol]: unknown;
  onread: (memory: ArrayBuffer) => void;
  writeBuffer(request: object, bytes: Uint8Array): number;
  shutdown(request: object): number;
  destroySSL(): void;
}

/** What a context is given (crypto_context.cc). */
export type NativeContext = Readonly<Record<string, (...values: readonly unknown[]) => unknown>>;

export interface StreamRequest {
  oncomplete: (status: number) => void;
  /** OpenSSL's words for what failed. */
  error?: string;
}

export interface TlsNatives {
  wrap(stream: JSStream, context: NativeContext, isServer: boolean, waits: boolean): TlsWrap;
  readonly JSStream: new () => JSStream;
  readonly WriteWrap: new () => StreamRequest;
  readonly ShutdownWrap: new () => StreamRequest;
  readonly NativeContext: new () => NativeContext;
  /** What the last read brought: a count or an error, and where in its memory. */
  lastRead(): { readonly status: number; readonly offset: number };
  /** Where what goes on with a handshake may ask for certificates and sessions only then. */
  readonly nextTurn?: () => Promise<void>;
  /** The name of the callback that gives pre-shared keys. */
  readonly pskExchange: string | symbol | undefined;
}
