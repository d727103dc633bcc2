/** What the file tree does in the machine: each says in a notice what it could not do. */
import type { Vm } from "../../src/browser.ts";
import { attempt, follow, tell } from "../notices.tsx";
import { byteCount } from "../ui/byte-count.ts";
import { confirmed } from "../ui/dialogs.tsx";
import { openFile, removed, renamed } from "./editor-files.ts";
import { type FileTree, join, nameOf } from "./file-tree.ts";
import { download, type Upload, upload } from "./transfers.ts";

/** A name that is being typed: of a new entry in `directory`, or a new name of `path`. */
export interface Draft {
  readonly kind: "file" | "directory" | "rename";
  readonly directory: string;
  readonly path: string | undefined;
}

export class FileActions {
  readonly #vm: Vm;
  readonly #tree: FileTree;

  constructor(vm: Vm, tree: FileTree) {
    this.#vm = vm;
    this.#tree = tree;
  }

  /** Makes or renames what a draft was for; the path, where there is something new to select. */
  async finish(draft: Draft, name: string): Promise<string | undefined> {
    if (name === "" || (draft.path && nameOf(draft.path) === name)) return undefined;
    const path = join(draft.directory, name);
    const what = draft.path ? `Cannot rename ${nameOf(draft.path)}` : `Cannot make ${path}`;
    return this.#change(what, async () => {
      if (draft.path) {
        await this.#refuseExisting(path);
        await this.#vm.fs.rename(draft.path, path);
        renamed(draft.path, path);
      } else if (draft.kind === "directory") await this.#vm.fs.mkdir(path);
      else {
        await this.#vm.fs.writeFile(path, "", { flag: "ax" });
        void openFile(this.#vm, path);
      }
      return path;
    });
  }

  async move(from: string, directory: string): Promise<void> {
    const to = join(directory, nameOf(from));
    if (to === from || to.startsWith(`${from}/`)) return;
    await this.#change(`Cannot move ${from}`, async () => {
      await this.#refuseExisting(to);
      await this.#vm.fs.rename(from, to);
      renamed(from, to);
    });
  }

  async remove(path: string, isDirectory: boolean): Promise<boolean> {
    const question = {
      title: `Delete ${nameOf(path)}?`,
      text: isDirectory
        ? "The folder and everything in it will be gone. A snapshot that has it still brings it back."
        : "A snapshot that has it still brings it back.",
      act: "Delete",
      danger: true,
    };
    if (!(await confirmed(question))) return false;
    const done = await this.#change(`Cannot delete ${path}`, async () => {
      await this.#vm.fs.rm(path, { recursive: true });
      removed(path);
      return true;
    });
    return done === true;
  }

  async receive(directory: string, items: readonly Upload[]): Promise<void> {
    if (items.length === 0) return;
    const files = items.length === 1 ? (items[0] as Upload).path : `${items.length} files`;
    const cancel = new AbortController();
    const progress = follow(`Uploading ${files}`, () => cancel.abort());
    const onProgress = (done: number, all: number) =>
      progress.update(done / Math.max(all, 1), `${byteCount(done)} of ${byteCount(all)}`);
    await this.#change(`Cannot upload to ${directory}`, async () => {
      await upload(this.#vm, directory, items, { signal: cancel.signal, onProgress });
      tell(`Uploaded ${files}`, `to ${directory}`);
    });
    progress.end();
  }

  async download(path: string): Promise<void> {
    await attempt(`Cannot download ${path}`, () => download(this.#vm, path));
  }

  /** rename() would replace a file without a word. */
  async #refuseExisting(path: string): Promise<void> {
    const stats = await this.#vm.fs.lstat(path).catch(() => undefined);
    if (stats) throw new Error(`there is already ${path}`);
  }

  async #change<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    const result = await attempt(what, work);
    await this.#tree.refresh();
    return result;
  }
}
