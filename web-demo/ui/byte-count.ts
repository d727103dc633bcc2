/** A number of bytes as people read it. */
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

export function byteCount(count: number): string {
  const power = count < 1 ? 0 : Math.min(Math.floor(Math.log2(count) / 10), UNITS.length - 1);
  const value = count / 1024 ** power;
  return `${value.toFixed(power > 0 && value < 10 ? 1 : 0)} ${UNITS[power]}`;
}
