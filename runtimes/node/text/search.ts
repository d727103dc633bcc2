/** Bytes within bytes, forwards and backwards, with the offsets of Buffer's indexOf. */

import { viewOf } from "./bytes.ts";

/** Needles from this length on are worth a table of skips. */
const LONG_NEEDLE = 16;

/**
 * Index of `needle`, at `offset` or after it, before it where not `forward`; -1 where there is none.
 * `isWide`: both are sequences of 16-bit units, and only whole ones count.
 */
export function indexOfBytes(
  haystack: Uint8Array,
  needle: Uint8Array,
  offset: number,
  isWide: boolean,
  forward: boolean,
): number {
  const length = isWide ? haystack.length & ~1 : haystack.length;
  const start = indexOfOffset(length, offset, needle.length, forward);
  if (needle.length === 0) return start;
  if (length === 0 || start < 0 || needle.length > length) return -1;
  if (forward && start + needle.length > length) return -1;
  if (isWide && needle.length < 2) return -1;
  const sought = isWide ? viewOf(needle, 0, needle.length & ~1) : needle;
  const bytes = viewOf(haystack, 0, length);
  const from = isWide ? start & ~1 : start;
  const step = isWide ? 2 : 1;
  return forward ? search(bytes, sought, from, step) : searchBack(bytes, sought, from, step);
}

/** IndexOfOffset of node_buffer.cc: where to begin; -1 where nothing can be found. */
export function indexOfOffset(
  length: number,
  offset: number,
  needleLength: number,
  forward: boolean,
): number {
  const from = Math.trunc(offset) || 0;
  if (from < 0) {
    if (from + length >= 0) return length + from;
    return forward || needleLength === 0 ? 0 : -1;
  }
  if (from + needleLength <= length) return from;
  if (needleLength === 0) return length;
  return forward ? -1 : length - 1;
}

function search(bytes: Uint8Array, needle: Uint8Array, from: number, step: number): number {
  const last = bytes.length - needle.length;
  const first = needle[0] as number;
  if (needle.length >= LONG_NEEDLE) return searchLong(bytes, needle, from, step);
  for (let at = from; at <= last; at++) {
    at = bytes.indexOf(first, at);
    if (at < 0 || at > last) return -1;
    if ((at - from) % step === 0 && matches(bytes, needle, at)) return at;
  }
  return -1;
}

/** Horspool's: skips by the byte under the needle's end. */
function searchLong(bytes: Uint8Array, needle: Uint8Array, from: number, step: number): number {
  const end = needle.length - 1;
  const skips = new Int32Array(256).fill(needle.length);
  for (let i = 0; i < end; i++) skips[needle[i] as number] = end - i;
  for (let at = from; at + end < bytes.length; ) {
    const under = bytes[at + end] as number;
    if (under === needle[end] && (at - from) % step === 0 && matches(bytes, needle, at)) return at;
    at += skips[under] as number;
  }
  return -1;
}

function searchBack(bytes: Uint8Array, needle: Uint8Array, from: number, step: number): number {
  const first = needle[0] as number;
  for (let at = Math.min(from, bytes.length - needle.length); at >= 0; at--) {
    at = bytes.lastIndexOf(first, at);
    if (at < 0) return -1;
    if (at % step === 0 && matches(bytes, needle, at)) return at;
  }
  return -1;
}

function matches(bytes: Uint8Array, needle: Uint8Array, at: number): boolean {
  for (let i = 0; i < needle.length; i++) if (bytes[at + i] !== needle[i]) return false;
  return true;
}
