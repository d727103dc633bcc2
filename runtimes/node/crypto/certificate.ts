/** X.509 certificates (RFC 5280), as far as their fields go. */
import { DerReader, type Element } from "./der.ts";

export interface Certificate {
  readonly raw: Uint8Array;
  /** What is signed, and with what. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
  readonly signatureAlgorithm: string;
  readonly serial: Uint8Array;
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly validFrom: Element;
  readonly validTo: Element;
  readonly spki: Uint8Array;
  /** Contents by object identifier. */
  readonly extensions: ReadonlyMap<string, Uint8Array>;
}

export function readCertificate(raw: Uint8Array): Certificate {
  const outer = new DerReader(raw).sequence();
  const body = outer.next();
  const signatureAlgorithm = outer.sequence().oid();
  const signature = outer.bits();
  const reader = new DerReader(body.content);
  reader.optional(0);
  const serial = reader.next().content;
  reader.sequence();
  const issuer = reader.next().whole;
  const validity = reader.sequence();
  const [validFrom, validTo] = [validity.next(), validity.next()];
  const subject = reader.next().whole;
  const spki = reader.next().whole;
  const extensions = new Map<string, Uint8Array>();
  while (!reader.isAtEnd) {
    const { tag, content } = reader.next();
    if (tag !== EXTENSIONS) continue;
    const list = new DerReader(content).sequence();
    while (!list.isAtEnd) {
      const extension = list.sequence();
      const id = extension.oid();
      if (extension.nextTag === BOOLEAN) extension.next();
      extensions.set(id, extension.octets());
    }
  }
  return {
    ...{ raw, signed: body.whole, signature, signatureAlgorithm, serial },
    ...{ issuer, subject, validFrom, validTo, spki, extensions },
  };
}

const EXTENSIONS = 0xa3;
const BOOLEAN = 0x01;
