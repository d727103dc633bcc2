/** Files between the visitor's computer and the machine: uploads with their folders, downloads. */
import { zipSync } from "fflate";
import type { Vm } from "../../src/browser.ts";
import { join, nameOf } from "./file-tree.ts";

/** Writes what was dropped or chosen into `directory`; the number of files. */
export async function upload(vm: Vm, directory: string, items: readonly Upload[]): Promise<number> {
  for (const { path, file } of items) {
    const target = join(directory, path);
    await vm.fs.mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
    await vm.fs.writeFile(target, new Uint8Array(await file.arrayBuffer()));
  }
  return items.length;
}

export interface Upload {
  /** Relative, with the folders that it came in. */
  readonly path: string;
  readonly file: File;
}

/** What a drop carries, folders walked through. To be called while the event is handled. */
export function dropped(transfer: DataTransfer): Promise<Upload[]> {
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  return Promise.all(entries.map((entry) => walk(entry, entry.name))).then((lists) => lists.flat());
}

/** Saves a file as it is, a directory as a zip archive. */
export async function download(vm: Vm, path: string): Promise<void> {
  const stats = await vm.fs.stat(path);
  const name = nameOf(path) || "machine";
  if (!stats.isDirectory()) {
    save(name, (await vm.fs.readFile(path)) as Uint8Array<ArrayBuffer>);
    return;
  }
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
  URL.revokeObjectURL(address);
}
