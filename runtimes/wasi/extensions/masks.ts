/** Sets of signals, which travel as two 32-bit halves. */
export function mask(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}

export function low(set: bigint): number {
  return Number(set & 0xffff_ffffn);
}

export function high(set: bigint): number {
  return Number(set >> 32n);
}
