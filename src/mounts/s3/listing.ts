/** An answer of ListObjectsV2 whose keys are URL-encoded, so that no character of them is XML's. */

export interface Listing {
  readonly files: readonly string[];
  /** Each with its slash at the end. */
  readonly directories: readonly string[];
  /** Where the next page begins; undefined on the last. */
  readonly next: string | undefined;
}

export function parseListing(xml: string): Listing {
  const keys = (element: string, inner: string) =>
    [...xml.matchAll(new RegExp(`<${element}>(.*?)</${element}>`, "gs"))].flatMap(
      ([, body = ""]) => {
        const key = textOf(body, inner);
        return key === undefined ? [] : decodeKey(key);
      },
    );
  return {
    files: keys("Contents", "Key"),
    directories: keys("CommonPrefixes", "Prefix"),
    next: textOf(xml, "IsTruncated") === "true" ? textOf(xml, "NextContinuationToken") : undefined,
  };
}

function textOf(xml: string, element: string): string | undefined {
  return new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1];
}

/** S3 writes a space as a plus. */
function decodeKey(key: string): string {
  return decodeURIComponent(key.replaceAll("+", " "));
}
