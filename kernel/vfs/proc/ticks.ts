/** Time in /proc: hundredths of a second (USER_HZ). */

export const HERTZ = 100n;

export function ticks(nanoseconds: bigint): bigint {
  return nanoseconds / (1_000_000_000n / HERTZ);
}
