/** A number of bytes as people read it. */
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

export function byteCount(count: number): string {
  let power = count < 1 ? 0 : Math.min(Math.floor(Math.log2(count) / 10), UNITS.length - 1);
  // What would be shown as 1024 of a unit is one of the next.
  if (power < UNITS.length - 1 && Math.round(count / 1024 ** power) === 1024) power++;
  const value = count / 1024 ** power;
  return `${value.toFixed(power > 0 && value < 10 ? 1 : 0)} ${UNITS[power]}`;
}
