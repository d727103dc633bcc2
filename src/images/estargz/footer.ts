/**
 * The last 51 bytes of an eStargz layer: an empty gzip member whose extra field says where the table
 * of contents begins.
 *
 * Specification: https://github.com/containerd/stargz-snapshotter/blob/main/docs/estargz.md
 */

export const FOOTER_BYTES = 51;
export const TOC_NAME = "stargz.index.json";
/** Files that other tools put into layers to say which part is wanted first. */
export const LANDMARKS: readonly string[] = [".prefetch.landmark", ".no.prefetch.landmark"];

const HEADER = [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 26, 0, 0x53, 0x47, 22, 0];
const EMPTY_BLOCK = [1, 0, 0, 0xff, 0xff];
const MAGIC = "STARGZ";
const DIGITS = 16;

export function makeFooter(tocOffset: number): Uint8Array {
  const field = tocOffset.toString(16).padStart(DIGITS, "0") + MAGIC;
  const bytes = new Uint8Array(FOOTER_BYTES);
  bytes.set([...HEADER, ...[...field].map((letter) => letter.charCodeAt(0)), ...EMPTY_BLOCK]);
  return bytes;
}

/** Where the table of contents begins; undefined where these are no such last bytes. */
export function parseFooter(bytes: Uint8Array): number | undefined {
  if (bytes.length !== FOOTER_BYTES) return undefined;
  // Operating system and compression level, bytes 8 and 9, differ between writers.
  if (!HEADER.every((byte, i) => i === 8 || i === 9 || bytes[i] === byte)) return undefined;
  const start = HEADER.length;
  const field = String.fromCharCode(...bytes.subarray(start, start + DIGITS + MAGIC.length));
  const [, digits] = /^([0-9a-f]{16})STARGZ$/.exec(field) ?? [];
  const offset = digits === undefined ? Number.NaN : Number.parseInt(digits, 16);
  return Number.isSafeInteger(offset) ? offset : undefined;
}
