/**
 * Does `act` for every item, `limit` at a time, in the items' order. After a failure nothing more is
 * begun; it rejects with the first one when all that was under way is over.
 */
export async function atMost<T>(
  limit: number,
  items: Iterable<T>,
  act: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const worker = async () => {
    while (failures.length === 0) {
      const { value, done } = rest.next();
      if (done) return;
      await act(value).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
  if (failures.length > 0) throw failures[0];
}
