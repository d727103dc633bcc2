/** The two libraries of TLS that hosts lend to guests: Node's own, and OpenSSL's wasm. */
import { randomFillSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";
import type { HostTlsObject } from "../../../../kernel/index.ts";
import { type Answer, type Event, pack, unpack } from "../../../../runtimes/node/tls/messages.ts";
import { nodeTls } from "../../../../src/platforms/node/tls/index.ts";
import { type Lent, opensslTls } from "../../../../src/platforms/openssl/index.ts";
import type { LocalTls } from "../../../../src/platforms/tls/index.ts";

const file = new URL("../../../../src/platforms/openssl/wasm/openssl.wasm", import.meta.url);

export const opensslModule = new WebAssembly.Module(readFileSync(file));

export function openOpenssl(lent: Partial<Lent> = {}): LocalTls {
  return opensslTls({
    module: opensslModule,
    random: (target) => {
      randomFillSync(target);
    },
    now: () => Date.now(),
    roots: rootCertificates,
    ...lent,
  });
}

export const LIBRARIES: Readonly<Record<string, LocalTls>> = {
  node: nodeTls,
  openssl: openOpenssl(),
};

export function ask(tls: LocalTls, operation: string, ...values: readonly unknown[]): Answer {
  return unpack(tls.ask(pack({ operation, values }))) as Answer;
}

/** An object of a library's, asked in its words. */
export class End {
  readonly object: HostTlsObject;
  /** What happened, in order. */
  readonly events: Event[] = [];
  /** Of its pieces of ciphertext, those that reached the other end. */
  delivered = 0;

  constructor(tls: LocalTls, kind: string, context?: End) {
    this.object = tls.open(kind, context?.object);
  }

  async ask(
    operation: string,
    values: readonly unknown[] = [],
    others: readonly End[] = [],
  ): Promise<Answer> {
    const message = pack({ operation, values });
    const objects = others.map(({ object }) => object);
    const answer = unpack(await this.object.call(message, objects)) as Answer;
    this.events.push(...(answer.events ?? []));
    return answer;
  }

  /** The value; throws the error that there is instead. */
  async get(operation: string, ...values: readonly unknown[]): Promise<unknown> {
    const { value, error } = await this.ask(operation, values);
    if (error) throw Object.assign(new Error(error.message), error.fields);
    return value;
  }

  /** The values of each event of this name. */
  told(name: string): (readonly unknown[])[] {
    return this.events.filter(([each]) => each === name).map(([, ...values]) => values);
  }
}

/** Carries what both send until neither sends any more. */
export async function carry(one: End, other: End): Promise<void> {
  for (let left = 1; left > 0; ) {
    left = (await deliver(one, other)) + (await deliver(other, one));
  }
}

async function deliver(from: End, to: End): Promise<number> {
  const pieces = from.told("send").slice(from.delivered);
  from.delivered += pieces.length;
  for (const [bytes] of pieces) await to.ask("receive", [bytes]);
  return pieces.length;
}
