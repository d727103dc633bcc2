/** What Node's C++ half takes from V8's globals before a program runs (node::InitializeContextRuntime). */
export function initializeContext(): void {
  const { Intl: intl, Atomics: atomics } = globalThis as unknown as Record<
    string,
    object | undefined
  >;
  // Proposals that came to nothing, which V8 keeps for its embedders' sake.
  if (intl) Reflect.deleteProperty(intl, "v8BreakIterator");
  if (atomics) Reflect.deleteProperty(atomics, "wake");
}
