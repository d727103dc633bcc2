/**
 * An answer of ListObjectsV2. Keys are asked for URL-encoded, so that no character of them is XML's; some
 * servers do not know how, and write them as XML has it.
 */

export interface Listing {
  readonly files: readonly string[];
  /** Each with its slash at the end. */
  readonly directories: readonly string[];
  /** Where the next page begins; undefined on the last. */
  readonly next: string | undefined;
}

export function parseListing(xml: string): Listing {
  const decode = textOf(xml, "EncodingType") === "url" ? fromUrl : fromXml;
  const keys = (element: string, inner: string) =>
    [...xml.matchAll(new RegExp(`<${element}>(.*?)</${element}>`, "gs"))].flatMap(
      ([, body = ""]) => {
        const key = textOf(body, inner);
        return key === undefined ? [] : decode(key);
      },
    );
  return {
    files: keys("Contents", "Key"),
    directories: keys("CommonPrefixes", "Prefix"),
    next:
      textOf(xml, "IsTruncated") === "true"
        ? fromXml(textOf(xml, "NextContinuationToken") ?? "")
        : undefined,
  };
}

function textOf(xml: string, element: string): string | undefined {
  return new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1];
}

/** S3 writes a space as a plus. */
function fromUrl(key: string): string {
  return decodeURIComponent(key.replaceAll("+", " "));
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

function fromXml(text: string): string {
  return text.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (all, hex, decimal, name) => {
    if (name !== undefined) return ENTITIES[name] ?? all;
    return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
  });
}
