/** Two drivers over a Map: one keeps files whole, as buckets do, the other writes ranges, as disks do. */
import type {
  DirectoryItem,
  FileChanges,
  FileInfo,
  FileSystemDriver,
  FileType,
  NewFile,
} from "../../../../src/mounts/custom/driver.ts";

interface Node {
  type: FileType;
  mode: number;
  bytes: Uint8Array;
  target: string;
  mtimeMs: number;
}

export class MapDriver implements FileSystemDriver {
  protected readonly nodes = new Map<string, Node>([["/", node("directory", 0o755)]]);

  async stat(path: string): Promise<FileInfo | undefined> {
    const found = this.nodes.get(path);
    if (!found) return undefined;
    const { type, mode, bytes, mtimeMs } = found;
    return { type, mode, size: bytes.length, mtimeMs };
  }

  async readdir(path: string): Promise<DirectoryItem[]> {
    return [...this.below(path)].flatMap(([key, { type }]) => {
      const name = key.slice(path === "/" ? 1 : path.length + 1);
      return name.includes("/") ? [] : { name, type };
    });
  }

  async read(path: string, position: number, length: number): Promise<Uint8Array> {
    return this.need(path).bytes.slice(position, position + length);
  }

  async readlink(path: string): Promise<string> {
    return this.need(path).target;
  }

  async create(path: string, { type, mode, target = "" }: NewFile): Promise<void> {
    this.nodes.set(path, { ...node(type, mode), target, bytes: new TextEncoder().encode(target) });
  }

  async remove(path: string, type: FileType): Promise<void> {
    if (type === "directory" && !this.below(path).next().done) throw withCode("ENOTEMPTY");
    this.nodes.delete(path);
  }

  protected need(path: string): Node {
    const found = this.nodes.get(path);
    if (found) return found;
    throw withCode("ENOENT");
  }

  protected *below(path: string): Generator<[string, Node]> {
    const prefix = path === "/" ? "/" : `${path}/`;
    for (const entry of this.nodes)
      if (entry[0] !== "/" && entry[0].startsWith(prefix)) yield entry;
  }
}

export class WholeFiles extends MapDriver {
  async writeFile(path: string, bytes: Uint8Array, mode: number): Promise<void> {
    this.nodes.set(path, { ...node("file", mode), bytes });
  }
}

export class Ranges extends MapDriver {
  async write(path: string, position: number, source: Uint8Array): Promise<void> {
    const found = this.need(path);
    const size = Math.max(found.bytes.length, position + source.length);
    const bytes = new Uint8Array(size);
    bytes.set(found.bytes);
    bytes.set(source, position);
    Object.assign(found, { bytes, mtimeMs: Date.now() });
  }

  async truncate(path: string, length: number): Promise<void> {
    const found = this.need(path);
    const bytes = new Uint8Array(length);
    bytes.set(found.bytes.subarray(0, length));
    Object.assign(found, { bytes, mtimeMs: Date.now() });
  }

  async rename(from: string, to: string): Promise<void> {
    for (const [path, found] of [[from, this.need(from)] as const, ...this.below(from)]) {
      this.nodes.delete(path);
      this.nodes.set(to + path.slice(from.length), found);
    }
  }

  async setAttributes(path: string, { mode, mtimeMs }: FileChanges): Promise<void> {
    const found = this.need(path);
    if (mode !== undefined) found.mode = mode;
    if (mtimeMs !== undefined) found.mtimeMs = mtimeMs;
  }
}

export function withCode(code: string): Error {
  return Object.assign(new Error(code), { code });
}

function node(type: FileType, mode: number): Node {
  return { type, mode, bytes: new Uint8Array(0), target: "", mtimeMs: Date.now() };
}
