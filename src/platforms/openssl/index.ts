/**
 * TLS by OpenSSL's wasm, for hosts that have none of their own: what Node's library would drive, and what
 * it would ask. An instance that trapped is replaced; what was in it answers EIO.
 */
import { hostTls, type LocalTls } from "../tls/index.ts";
import type { JSStream, StreamRequest, TlsNatives, TlsWrap } from "../tls/natives.ts";
import { certificateAnswers } from "./certificates.ts";
import { OpensslContext } from "./context.ts";
import { Instance, type Lent } from "./instance.ts";
import { OpensslWrap, PSK_EXCHANGE } from "./wrap.ts";

export type { Lent } from "./instance.ts";

export function opensslTls(lent: Lent): LocalTls {
  let instance: Instance | undefined;
  const living = () => {
    if (!instance || instance.isDead) instance = new Instance(lent);
    return instance;
  };
  return hostTls({
    natives: () => nativesOf(living()),
    answerAbout: certificateAnswers(living),
  });
}

const UV_EOF = -4095;

function nativesOf(instance: Instance): TlsNatives {
  const lastRead = { status: 0, offset: 0 };

  class Stream implements JSStream {
    onreadstart = () => 0;
    onreadstop = () => 0;
    isclosing = () => false;
    onwrite = (_request: object, _chunks: readonly Uint8Array[]) => 0;
    onshutdown = (_request: object) => 0;
    wrap: OpensslWrap | undefined;

    readBuffer(bytes: Uint8Array): void {
      this.wrap?.received(bytes);
    }

    emitEOF(): void {
      this.wrap?.received(UV_EOF);
    }

    finishWrite(_request: object, status: number): void {
      this.wrap?.sent(status);
    }

    finishShutdown(): void {}
  }

  class Request implements StreamRequest {
    oncomplete = (_status: number) => {};
  }

  class NativeContext extends OpensslContext {
    constructor() {
      super(instance);
    }
  }

  return {
    wrap(below, context, isServer) {
      const stream = below as Stream;
      stream.wrap = new OpensslWrap(
        context as unknown as OpensslContext,
        stream,
        isServer,
        lastRead,
      );
      return stream.wrap as unknown as TlsWrap;
    },
    JSStream: Stream,
    WriteWrap: Request,
    ShutdownWrap: Request,
    NativeContext: NativeContext as unknown as TlsNatives["NativeContext"],
    lastRead: () => lastRead,
    pskExchange: PSK_EXCHANGE,
  };
}
