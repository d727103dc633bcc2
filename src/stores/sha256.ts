/** SHA-256 as every host has it (Web Crypto), for work on whole stores. */
import type { Hash } from "../../kernel/state/chunk-store.ts";

export async function sha256(bytes: Uint8Array): Promise<Hash> {
  // Shared memory may change while it is read, so Web Crypto refuses it.
  const still = bytes.buffer instanceof ArrayBuffer ? bytes : bytes.slice();
  const digest = await crypto.subtle.digest("SHA-256", still as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
