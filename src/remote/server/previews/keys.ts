/** What opens a preview: a signature over its machine, its port and the time until which it does. */

/** 32 bytes in the one spelling that base64url has for them: what is left of the last character is 0. */
const TOKEN = /^([0-9a-z]{1,10})\.([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])$/;

export class PreviewKeys {
  readonly #key: Promise<CryptoKey>;

  /** Links hold as long as the secret is the same. */
  constructor(secret: string) {
    const bytes = new TextEncoder().encode(`isopod preview\n${secret}`);
    this.#key = crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, [
      "sign",
      "verify",
    ]);
  }

  /** `until`: seconds since 1970. */
  async sign(label: string, until: number): Promise<string> {
    const signature = await crypto.subtle.sign("HMAC", await this.#key, messageOf(label, until));
    return `${until.toString(36)}.${base64url(new Uint8Array(signature))}`;
  }

  /** Seconds that it still opens the preview for; undefined where it does not. */
  async verify(label: string, token: string): Promise<number | undefined> {
    const [, time, text] = TOKEN.exec(token) ?? [];
    if (time === undefined || text === undefined) return undefined;
    const until = Number.parseInt(time, 36);
    const signature = fromBase64url(text);
    const message = messageOf(label, until);
    const isOurs = await crypto.subtle.verify("HMAC", await this.#key, signature, message);
    const left = until - Date.now() / 1000;
    return isOurs && left > 0 ? Math.ceil(left) : undefined;
  }
}

function messageOf(label: string, until: number): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${label}\n${until}`);
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}

function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}
