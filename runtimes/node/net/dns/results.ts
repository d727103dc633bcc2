/** What a DNS answer is to lib/dns: for each kind of question, the records of its type in Node's shape. */
import { type Answer, type ResourceRecord, Type } from "./message.ts";

export interface Result {
  /** Undefined where the answer has nothing of the kind: ENODATA. */
  readonly value: unknown;
  /** Times to live beside addresses. */
  readonly ttls?: readonly number[];
}

/** By the method of ChannelWrap. */
export const QUESTIONS: Readonly<Record<string, number>> = {
  queryAny: Type.ANY,
  queryA: Type.A,
  queryAaaa: Type.AAAA,
  queryCaa: Type.CAA,
  queryCname: Type.CNAME,
  queryMx: Type.MX,
  queryNs: Type.NS,
  queryTxt: Type.TXT,
  queryTlsa: Type.TLSA,
  querySrv: Type.SRV,
  queryPtr: Type.PTR,
  queryNaptr: Type.NAPTR,
  querySoa: Type.SOA,
};

export function resultOf(type: number, { records }: Answer): Result {
  if (type === Type.ANY) return { value: nonEmpty(everything(records)) };
  const wanted = records.filter((record) => record.type === type);
  const values = wanted.map(({ value }) => value);
  if (type === Type.SOA) return { value: values[0] };
  if (type !== Type.A && type !== Type.AAAA) return { value: nonEmpty(values) };
  return { value: nonEmpty(values), ttls: wanted.map(({ ttl }) => ttl) };
}

/** In the order in which Node asks c-ares for the kinds. */
const ORDER = [
  "A",
  "CNAME",
  "AAAA",
  "MX",
  "NS",
  "TXT",
  "SRV",
  "PTR",
  "NAPTR",
  "SOA",
  "CAA",
  "TLSA",
];

function everything(records: readonly ResourceRecord[]): unknown[] {
  return ORDER.flatMap((name) => {
    const type = Type[name as keyof typeof Type];
    return records.filter((record) => record.type === type).map((record) => named(name, record));
  });
}

function named(type: string, { value, ttl }: ResourceRecord): object {
  switch (type) {
    case "A":
    case "AAAA":
      return { address: value, ttl, type };
    case "TXT":
      return { entries: value, type };
    case "CNAME":
    case "NS":
    case "PTR":
      return { value, type };
    default:
      return { ...(value as object), type };
  }
}

function nonEmpty(values: readonly unknown[]): unknown {
  return values.length > 0 ? values : undefined;
}
