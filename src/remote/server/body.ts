/** Bodies of requests: JSON of bounded size, and paths and numbers of their URLs. */
import { decodeUtf8 } from "../../../kernel/bytes.ts";
import { badRequest, RemoteError } from "../errors.ts";

const JSON_BYTES_MAX = 4 << 20;

/** The body as a JSON object; an empty body is an empty object. */
export async function jsonBody(request: Request): Promise<Record<string, unknown>> {
  const text = new TextDecoder().decode(await boundedBody(request, JSON_BYTES_MAX));
  if (text.trim() === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badRequest(`the body is no JSON: ${(error as Error).message}`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw badRequest("the body must be a JSON object");
}

/** A path of the machine from what a URL has of it: bytes, percent-encoded. */
export function pathOf(encoded: string): string {
  const bytes = new TextEncoder().encode(encoded);
  const path = new Uint8Array(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    let byte = bytes[at] as number;
    if (byte === 0x25) {
      const digits = encoded.slice(at + 1, at + 3);
      if (!/^[0-9a-fA-F]{2}$/.test(digits)) throw badRequest("the path has a lone percent sign");
      byte = Number.parseInt(digits, 16);
      at += 2;
    }
    if (byte === 0) throw badRequest("a path holds no NUL byte");
    path[length++] = byte;
  }
  return decodeUtf8(path.subarray(0, length)) || "/";
}

export async function boundedBody(request: Request, most: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let total = 0;
  for await (const piece of request.body ?? []) {
    total += piece.length;
    if (total > most) {
      const message = `the body has more than ${most} bytes`;
      throw new RemoteError(413, "ERR_REQUEST_TOO_LARGE", message);
    }
    pieces.push(piece);
  }
  const whole = new Uint8Array(total);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
