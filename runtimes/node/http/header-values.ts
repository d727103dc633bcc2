/** Headers whose values the parser itself acts on: what their text says once it is whole. */

export const Header = {
  General: 0,
  ContentLength: 1,
  TransferEncoding: 2,
  Connection: 3,
  Upgrade: 4,
} as const;

const NAMES: Readonly<Record<string, number>> = {
  "content-length": Header.ContentLength,
  "transfer-encoding": Header.TransferEncoding,
  connection: Header.Connection,
  "proxy-connection": Header.Connection,
  upgrade: Header.Upgrade,
};
const SHORTEST = 7;
const LONGEST = 17;

export function headerOf(name: string): number {
  if (name.length < SHORTEST || name.length > LONGEST) return Header.General;
  return NAMES[name.toLowerCase()] ?? Header.General;
}

export const Flag = {
  ConnectionKeepAlive: 1,
  ConnectionClose: 2,
  ConnectionUpgrade: 4,
  Chunked: 8,
  Upgrade: 16,
  ContentLength: 32,
  SkipBody: 64,
  Trailing: 128,
  TransferEncoding: 256,
} as const;

/** Flags of the options in a Connection header. */
export function connectionFlags(value: string): number {
  let flags = 0;
  for (const part of value.toLowerCase().split(",")) {
    const option = part.trim();
    if (option === "close") flags |= Flag.ConnectionClose;
    else if (option === "keep-alive") flags |= Flag.ConnectionKeepAlive;
    else if (option === "upgrade") flags |= Flag.ConnectionUpgrade;
  }
  return flags;
}

/** True where the last coding, so far, is chunked. */
export function endsChunked(value: string): boolean {
  return (
    value
      .slice(value.lastIndexOf(",") + 1)
      .trim()
      .toLowerCase() === "chunked"
  );
}
