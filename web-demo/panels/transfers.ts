/** Files between the visitor's computer and the machine: uploads with their folders, downloads. */
import type { Vm } from "../../src/browser.ts";
import { join, nameOf, parentOf } from "./file-tree.ts";

export interface Upload {
  /** Relative, with the folders that it came in. */
  readonly path: string;
  readonly file: File;
}

/** How far an upload is, and what ends it early. */
export interface Transfer {
  readonly signal: AbortSignal;
  onProgress(bytes: number, all: number): void;
}

/** Bytes that are on their way to the machine at once. */
const PIECE_BYTES = 1 << 20;

/** Writes what was dropped or chosen into `directory`. */
export async function upload(
  vm: Vm,
  directory: string,
  items: readonly Upload[],
  transfer: Transfer,
): Promise<void> {
  const all = items.reduce((sum, { file }) => sum + file.size, 0);
  let done = 0;
  for (const { path, file } of items) {
    const target = join(directory, path);
    await vm.fs.mkdir(parentOf(target), { recursive: true });
    const handle = await vm.fs.open(target, "w");
    try {
      for (let at = 0; at < file.size; at += PIECE_BYTES) {
        transfer.signal.throwIfAborted();
        const piece = new Uint8Array(await file.slice(at, at + PIECE_BYTES).arrayBuffer());
        const { length } = piece;
        await handle.write(piece, 0, length, at);
        done += length;
        transfer.onProgress(done, all);
      }
    } finally {
      await handle.close();
      if (transfer.signal.aborted) await vm.fs.rm(target, { force: true });
    }
  }
}

/** What a drop carries, folders walked through. To be called while the event is handled. */
export function dropped(transfer: DataTransfer): Promise<Upload[]> {
  const found = [...transfer.items].map(async (item): Promise<Upload[]> => {
    const entry = item.webkitGetAsEntry();
    if (entry) return walk(entry, entry.name);
    // What a program put there has no place in a file system.
    const file = item.getAsFile();
    return file ? [{ path: file.name, file }] : [];
  });
  return Promise.all(found).then((lists) => lists.flat());
}

/** What was chosen in a dialog, a folder's files with their folders. */
export function chosen(files: FileList): Upload[] {
  return [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/** Saves a file as it is, a directory as a zip archive. */
export async function download(vm: Vm, path: string): Promise<void> {
  const stats = await vm.fs.stat(path);
  const name = nameOf(path) || "machine";
  if (!stats.isDirectory()) {
    save(name, (await vm.fs.readFile(path)) as Uint8Array<ArrayBuffer>);
    return;
  }
  const { zipSync } = await import("fflate");
  const files: Record<string, Uint8Array> = {};
  await gather(vm, path, `${name}/`, files);
  save(`${name}.zip`, zipSync(files) as Uint8Array<ArrayBuffer>);
}

async function walk(entry: FileSystemEntry, path: string): Promise<Upload[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    return [{ path, file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: Upload[] = [];
  for (;;) {
    // A reader gives a hundred at a time, and none at its end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return found;
    for (const child of some) found.push(...(await walk(child, `${path}/${child.name}`)));
  }
}

async function gather(
  vm: Vm,
  directory: string,
  prefix: string,
  files: Record<string, Uint8Array>,
): Promise<void> {
  // An entry of its own, so that an empty directory is there too.
  files[prefix] = new Uint8Array();
  for (const entry of await vm.fs.readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await gather(vm, path, `${prefix}${entry.name}/`, files);
    else if (entry.isFile()) files[prefix + entry.name] = await vm.fs.readFile(path);
  }
}

function save(name: string, bytes: Uint8Array<ArrayBuffer>): void {
  const address = URL.createObjectURL(new Blob([bytes]));
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
  // Some browsers read it only after this turn.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
