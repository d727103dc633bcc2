/**
 * A heap that is made once and copied into every further instance of the same module: the pages of its
 * memory that are not all zero. Addresses in it stay true, for the memory is the same, byte by byte.
 */
import type { QuickJsModule } from "./module.ts";

const PAGE = 65_536;

export interface SavedHeap {
  readonly pages: readonly { readonly at: number; readonly bytes: Uint8Array }[];
}

export function saveHeap({ HEAPU8 }: QuickJsModule): SavedHeap {
  const words = new BigUint64Array(HEAPU8.buffer, 0, HEAPU8.length / 8);
  const pages: { at: number; bytes: Uint8Array }[] = [];
  for (let at = 0; at < HEAPU8.length; at += PAGE) {
    const page = words.subarray(at / 8, (at + PAGE) / 8);
    if (page.some((word) => word !== 0n)) pages.push({ at, bytes: HEAPU8.slice(at, at + PAGE) });
  }
  return { pages };
}

/** To be called before anything ran in the instance. */
export function restoreHeap({ HEAPU8 }: QuickJsModule, { pages }: SavedHeap): void {
  for (const { at, bytes } of pages) HEAPU8.set(bytes, at);
}
