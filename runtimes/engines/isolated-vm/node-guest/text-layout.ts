/** What text-code.ts is made to: where text lies in its memory, and what its functions take and answer. */

/** Units that one call handles at most, and where in the memory they are; bytes lie before them. */
export const PIECE = 32_768;
export const UNITS = 3 * PIECE;

/** Each takes how many bytes or units there are, and answers how many it made. */
export interface TextCode {
  readonly memory: WebAssembly.Memory;
  /** 1 if no byte is above 0x7f, else 0. */
  isAscii(length: number): number;
  /** Bytes become their low seven bits. */
  maskAscii(length: number): number;
  /** U+FFFD for every maximal part of what is not valid. */
  utf8ToUnits(length: number): number;
  /** U+FFFD for lone surrogates. */
  unitsToUtf8(length: number): number;
  /** Bytes that `unitsToUtf8` would make. */
  utf8Length(length: number): number;
  /** Two digits for each byte, which lie as bytes where units would be. */
  bytesToHex(length: number): number;
  /** Of pairs of hexadecimal digits, up to the first that is none. */
  hexToBytes(length: number): number;
}
