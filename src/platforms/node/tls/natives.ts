/**
 * Node's own TLS below its library: the objects that `tls` drives, which a guest's copy of that library
 * drives through us. They are reached by `process.binding` (DEP0111, of these three names Node says
 * nothing at run time) and by an ordinary socket; `tlsNatives` is undefined where a Node has them no more.
 *
 * Their C++ aborts the process where it is called otherwise than lib/ would, so whoever calls them has
 * to check what and when (src/platforms/tls).
 */
import { Duplex } from "node:stream";
import type * as Tls from "node:tls";
import type { NativeContext, StreamRequest, TlsNatives } from "../../tls/natives.ts";

interface StreamBinding {
  readonly WriteWrap: new () => StreamRequest;
  readonly ShutdownWrap: new () => StreamRequest;
  readonly streamBaseState: Int32Array;
  readonly kReadBytesOrError: number;
  readonly kArrayBufferOffset: number;
}

/** Node's module, which most machines never need: loading it takes 5 ms. */
export function nodeTlsModule(): typeof Tls {
  return process.getBuiltinModule("node:tls");
}

let found: { readonly natives: TlsNatives | undefined } | undefined;

export function tlsNatives(): TlsNatives | undefined {
  found ??= { natives: find() };
  return found.natives;
}

function find(): TlsNatives | undefined {
  try {
    const binding = (process as unknown as { binding(name: string): unknown }).binding;
    const { wrap } = binding("tls_wrap") as Pick<TlsNatives, "wrap">;
    const { JSStream } = binding("js_stream") as Pick<TlsNatives, "JSStream">;
    const stream = binding("stream_wrap") as StreamBinding;
    const { streamBaseState: state, kReadBytesOrError, kArrayBufferOffset } = stream;
    const tls = nodeTlsModule() as unknown as SecureContextModule;
    const native = new tls.SecureContext().context;
    if (!wrap || !JSStream || !stream.WriteWrap || !state) return undefined;
    return {
      wrap,
      JSStream,
      WriteWrap: stream.WriteWrap,
      ShutdownWrap: stream.ShutdownWrap,
      NativeContext: native.constructor as new () => NativeContext,
      lastRead: () => ({
        status: state[kReadBytesOrError] as number,
        offset: state[kArrayBufferOffset] as number,
      }),
      // Node 26 asks for certificates and sessions in its loop's next turn.
      nextTurn: () => new Promise((resolve) => setImmediate(resolve)),
      pskExchange: pskSymbol(),
    };
  } catch {
    return undefined;
  }
}

interface SecureContextModule {
  readonly SecureContext: new () => { readonly context: object };
}

/** lib/ sets a property of that name on the handle of a socket that has a callback for keys. */
function pskSymbol(): symbol | undefined {
  const below = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  const options = { isServer: true, pskCallback: () => null };
  const { TLSSocket } = nodeTlsModule();
  const socket = new TLSSocket(below as never, options as never);
  socket.on("error", () => {});
  const { _handle: handle } = socket as unknown as { _handle: object };
  const symbols = Object.getOwnPropertySymbols(handle);
  socket.destroy();
  return symbols.find(({ description }) => description === "onpskexchange");
}
