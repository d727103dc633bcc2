/** Assertions for what runs in tabs and in workerd too, where no test framework is. */

export function equal(actual: unknown, expected: unknown, what: string): void {
  const [is, should] = [show(actual), show(expected)];
  if (is !== should) throw new Error(`${what}: ${is}, not ${should}`);
}

export function truthy(value: unknown, what: string): void {
  if (!value) throw new Error(`${what}: ${show(value)}`);
}

/** What `act` rejects with. */
export async function failure(
  act: Promise<unknown>,
): Promise<{ code?: unknown; message?: string }> {
  try {
    const value = await act;
    throw new Error(`it should fail, but gave ${show(value)}`);
  } catch (error) {
    return error as { code?: unknown };
  }
}

function show(value: unknown): string {
  const plain = (_: string, part: unknown) => {
    if (part === undefined) return "(undefined)";
    if (part instanceof Uint8Array) return `bytes ${[...part.subarray(0, 64)]} (${part.length})`;
    return part instanceof Map ? [...part].sort() : part;
  };
  return JSON.stringify(value, plain);
}
