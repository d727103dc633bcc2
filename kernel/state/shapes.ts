/** The maps that a tree of files is made of: by name, and by number. */
import { utf8Length } from "../bytes.ts";
import { NAME_MAX } from "../limits.ts";
import type { Shape } from "./sorted-tree.ts";
import { corrupt, type Reader, type Writer } from "./wire.ts";

/** First bytes of the chunks that hold records. */
export const Tag = {
  entries: 0xd1,
  links: 0xd2,
  contents: 0xd3,
  attributes: 0xd4,
  tree: 0xd5,
  snapshot: 0xd6,
  answers: 0xd7,
} as const;

/** Bytes of a record in a directory at most: a symbolic link's target, or short attributes. */
const RECORD_MAX = 24 << 10;

/** A directory: names to records. */
export const entriesShape: Shape<string> = {
  tag: Tag.entries,
  compare: compareText,
  write: writeText,
  read(reader, previous) {
    const name = readText(reader, previous);
    if (name === "" || name === "." || name === ".." || /[/\0]/.test(name)) corrupt();
    return name;
  },
  scatter: scatterText,
  valueMax: RECORD_MAX,
};

/** Extended attributes: names to values. */
export const attributesShape: Shape<string> = {
  tag: Tag.attributes,
  compare: compareText,
  write: writeText,
  read: readText,
  scatter: scatterText,
  valueMax: 64 << 10,
};

/** Files with several names: inode numbers to records. */
export const linksShape: Shape<number> = numbered(Tag.links);

/** The chunks of a large file by index. */
export const contentsShape: Shape<number> = numbered(Tag.contents);

function numbered(tag: number): Shape<number> {
  return {
    tag,
    compare: (a, b) => a - b,
    write: (writer, key, previous) => writer.number(previous === undefined ? key : key - previous),
    read(reader, previous = 0) {
      const key = reader.number() + previous;
      return Number.isSafeInteger(key) ? key : corrupt();
    },
    scatter: (key) => Math.imul(key % 2 ** 32, 0x9e37_79b1) ^ Math.floor(key / 2 ** 32),
    valueMax: RECORD_MAX,
  };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Only what differs from the name before it. */
function writeText(writer: Writer, name: string, previous = ""): void {
  let shared = 0;
  while (shared < name.length && name[shared] === previous[shared]) shared++;
  // Half of a pair is no text.
  if (shared > 0 && isHighSurrogate(name.charCodeAt(shared - 1))) shared--;
  writer.number(shared);
  writer.text(name.slice(shared));
}

function readText(reader: Reader, previous = ""): string {
  const shared = reader.number(previous.length);
  const name = previous.slice(0, shared) + reader.text(NAME_MAX);
  return utf8Length(name) <= NAME_MAX ? name : corrupt();
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}

/** FNV-1a. */
function scatterText(text: string): number {
  let bits = 0x811c_9dc5;
  for (let i = 0; i < text.length; i++) bits = Math.imul(bits ^ text.charCodeAt(i), 0x0100_0193);
  return bits;
}
