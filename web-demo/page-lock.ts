/** One page at a time shows a machine: the page's own lock, so that a second one can wait its turn. */

export interface PageLock {
  readonly isHeld: boolean;
  /** Resolves when the machine is there for this page. */
  readonly freed: Promise<void>;
  release(): void;
}

export async function onePageOnly(machine: string): Promise<PageLock> {
  const name = `isopod-playground:${machine}`;
  const held = await tryFor(name);
  if (held) return { isHeld: true, freed: Promise.resolve(), release: held };
  const waiting = new AbortController();
  // Taken for a moment only, to learn that it is free.
  const freed = navigator.locks
    .request(name, { signal: waiting.signal }, () => {})
    .then(() => {})
    .catch(() => new Promise<void>(() => {}));
  return { isHeld: false, freed, release: () => waiting.abort() };
}

/** What lets go of it; undefined where another page has it. */
function tryFor(name: string): Promise<(() => void) | undefined> {
  return new Promise((settle) => {
    void navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      if (!lock) return settle(undefined);
      return new Promise<void>((release) => settle(release));
    });
  });
}
