/** What the formats of a tab are made with. */
export interface EngineOptions {
  /** Address of the folder that holds what dist/browser holds. */
  readonly base: string;
  /** Bytes of all guests' memories together; undefined: as the machine allows. */
  readonly commandMemory: number | undefined;
  /** Hears of faults that are the engine's or the kernel's own. */
  readonly onFault: (reason: unknown) => void;
  /** From now on programs run in the kernel's thread, and one that computes keeps it. */
  readonly onInline: () => void;
}

/** An answer of the server that holds the files, or an error that names it. */
export async function fetchFile(url: URL): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.url} answers ${response.status}`);
  return response;
}

/** `engine` once its first guest is there; what had started is let go where that fails. */
export async function whenReady<E extends { readonly ready: Promise<void>; dispose(): void }>(
  engine: E,
): Promise<E> {
  try {
    await engine.ready;
  } catch (reason) {
    engine.dispose();
    throw reason;
  }
  return engine;
}
