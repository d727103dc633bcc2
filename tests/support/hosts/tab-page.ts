/** The page's side of tab.ts, bundled: the tab's kernel, asked with messages as bytes. */
import { tabThread } from "../../../src/platforms/browser/kernel-thread.ts";
import { decodeValue, encodeValue } from "../../../src/remote/values.ts";

const VALUES_MAX = 10_000_000;

/** Calls a method of the kernel's thread; what it returns or throws, in base64. */
export async function callKernel(base: string, message: string): Promise<string> {
  const [method, args] = decodeValue(fromBase64(message), VALUES_MAX) as [string, unknown[]];
  const thread = tabThread({ base, commandMemory: undefined }) as unknown as Record<
    string,
    (...args: unknown[]) => unknown
  >;
  try {
    return toBase64({ result: await thread[method]?.(...args) });
  } catch (reason) {
    return toBase64({ reason: reason instanceof Error ? { message: reason.message } : reason });
  }
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function toBase64(value: unknown): string {
  let text = "";
  for (const byte of encodeValue(value)) text += String.fromCharCode(byte);
  return btoa(text);
}
