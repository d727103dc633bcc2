/** Parameters of brotli's and zstd's codecs as guests send them, for every host that has such a library. */

/** Values by their number: they come in pairs, and the last one counts. */
export function parameterValues(parameters: readonly number[]): Record<number, number> {
  const found: Record<number, number> = {};
  for (let i = 0; i + 1 < parameters.length; i += 2) {
    found[parameters[i] as number] = parameters[i + 1] as number;
  }
  return found;
}

/** Undefined for one that was not given. */
export function parameterValue(parameters: readonly number[], number: number): number | undefined {
  return parameterValues(parameters)[number];
}
