/**
 * Tar headers, the same bytes for the same entry: ustar where a name fits, and an extended (pax) header
 * before it where it does not.
 *
 * Specification: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html
 */
import { encodeUtf8, utf8Length } from "../../kernel/bytes.ts";
import { concat } from "./codec.ts";

export const BLOCK = 512;

export interface TarHeader {
  /** Without a leading slash; directories end in one. */
  readonly name: string;
  readonly type:
    | "file"
    | "hardlink"
    | "symlink"
    | "directory"
    | "character-device"
    | "block-device"
    | "fifo";
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly size: number;
  /** Of links. */
  readonly target?: string;
  /** Of devices. */
  readonly major?: number;
  readonly minor?: number;
  /** What the extended header says besides. */
  readonly pax?: readonly (readonly [key: string, value: Uint8Array])[];
}

const TYPE_FLAGS = {
  ...{ file: "0", hardlink: "1", symlink: "2", directory: "5", pax: "x" },
  ...{ "character-device": "3", "block-device": "4", fifo: "6" },
} as const;
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
const ID_MAX = 0o7777777;
const SIZE_MAX = 0o77777777777;

export function tarHeader(header: TarHeader): Uint8Array {
  const name = encodeUtf8(header.name);
  const target = encodeUtf8(header.target ?? "");
  const { uid, gid, size } = header;
  const split = splitName(name);
  const pax = [...(header.pax ?? [])];
  if (!split) pax.push(["path", name]);
  if (target.length > NAME_BYTES) pax.push(["linkpath", target]);
  if (uid > ID_MAX) pax.push(["uid", encodeUtf8(String(uid))]);
  if (gid > ID_MAX) pax.push(["gid", encodeUtf8(String(gid))]);
  if (size > SIZE_MAX) pax.push(["size", encodeUtf8(String(size))]);
  const main = block({
    ...header,
    type: TYPE_FLAGS[header.type],
    prefix: split?.prefix ?? new Uint8Array(0),
    name: split?.name ?? name.subarray(0, NAME_BYTES),
    target: target.subarray(0, NAME_BYTES),
    uid: Math.min(uid, ID_MAX),
    gid: Math.min(gid, ID_MAX),
    size: Math.min(size, SIZE_MAX),
  });
  return pax.length === 0 ? main : join([paxRecords(pax), main]);
}

/** Zeros that fill the last block of `size` bytes. */
export function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

function paxRecords(fields: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  const records = join(fields.map(([key, value]) => paxRecord(key, value)));
  const none = new Uint8Array(0);
  const header = block({
    type: TYPE_FLAGS.pax,
    prefix: none,
    name: encodeUtf8("PaxHeaders/entry"),
    target: none,
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: 0,
    size: records.length,
  });
  return join([header, records, new Uint8Array(padding(records.length))]);
}

/** `length key=value\n`, where the length counts its own digits. */
function paxRecord(key: string, value: Uint8Array): Uint8Array {
  const rest = utf8Length(key) + value.length + 3;
  let length = rest + String(rest).length;
  if (String(length).length > String(rest).length) length += 1;
  return join([encodeUtf8(`${length} ${key}=`), value, encodeUtf8("\n")]);
}

/** The name in ustar's two fields, parted at a slash; undefined where it does not fit. */
function splitName(name: Uint8Array): { prefix: Uint8Array; name: Uint8Array } | undefined {
  if (name.length <= NAME_BYTES) return { prefix: new Uint8Array(0), name };
  for (let at = Math.min(PREFIX_BYTES, name.length - 2); at > 0; at--) {
    if (name[at] !== 0x2f) continue;
    const rest = name.subarray(at + 1);
    if (rest.length > NAME_BYTES) return undefined;
    return { prefix: name.subarray(0, at), name: rest };
  }
  return undefined;
}

interface Fields
  extends Pick<TarHeader, "mode" | "uid" | "gid" | "mtime" | "size" | "major" | "minor"> {
  readonly type: string;
  readonly prefix: Uint8Array;
  readonly name: Uint8Array;
  readonly target: Uint8Array;
}

function block(fields: Fields): Uint8Array {
  const bytes = new Uint8Array(BLOCK);
  const octal = (at: number, digits: number, value: number) => {
    bytes.set(encodeUtf8(value.toString(8).padStart(digits, "0")), at);
  };
  bytes.set(fields.name, 0);
  octal(100, 7, fields.mode);
  octal(108, 7, fields.uid);
  octal(116, 7, fields.gid);
  octal(124, 11, fields.size);
  octal(136, 11, Math.max(0, Math.trunc(fields.mtime)));
  bytes.fill(0x20, 148, 156);
  bytes.set(encodeUtf8(fields.type), 156);
  bytes.set(fields.target, 157);
  bytes.set(encodeUtf8("ustar\0" + "00"), 257);
  octal(329, 7, fields.major ?? 0);
  octal(337, 7, fields.minor ?? 0);
  bytes.set(fields.prefix, 345);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  octal(148, 6, sum);
  bytes[154] = 0;
  return bytes;
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  return concat(
    pieces,
    pieces.reduce((sum, { length }) => sum + length, 0),
  );
}
