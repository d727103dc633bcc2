/** The files that are open in the editor: their states, what is unsaved, and what changed underneath. */
import type { EditorState } from "@codemirror/state";
import { signal } from "@preact/signals";
import type { Vm } from "../../src/browser.ts";
import { attempt, complain, tell } from "../notices.tsx";
import { confirmed } from "../ui/dialogs.tsx";
import { show } from "../ui/places.ts";
import { nameOf } from "./file-tree.ts";

export interface OpenFile {
  /** Stays, whatever its path becomes. */
  readonly id: number;
  readonly path: string;
  readonly name: string;
  readonly state: EditorState;
  /** How often its text was read: the editor's own state is behind while this has moved. */
  readonly reads: number;
  /** Time of change on disk, as of the last read or write. */
  readonly mtimeMs: number;
  readonly isChanged: boolean;
}

export const files = signal<readonly OpenFile[]>([]);
export const shownPath = signal<string | undefined>(undefined);

let lastId = 0;
/** What had the focus when the shown file was asked for. */
let askedFrom: Element | null = null;

/** A text longer than this would make the page stall. */
const LARGEST = 4 << 20;

/** Opens `path` in the editor, or shows it where it is open. */
export async function openFile(vm: Vm, path: string): Promise<void> {
  show("editor");
  askedFrom = document.activeElement;
  if (find(path)) {
    shownPath.value = path;
    return;
  }
  await attempt(`Cannot open ${path}`, async () => {
    const { size, mtimeMs } = await vm.fs.stat(path);
    if (size > LARGEST) throw new Error(`it has ${size} bytes; the editor takes ${LARGEST}`);
    const text = textOf(await vm.fs.readFile(path));
    if (text === undefined) throw new Error("it is not text: download it, or look at it with xxd");
    const id = ++lastId;
    const state = await stateOf(vm, id, nameOf(path), text);
    if (!find(path)) {
      const name = nameOf(path);
      files.value = [
        ...files.value,
        { id, path, name, state, reads: 1, mtimeMs, isChanged: false },
      ];
    }
    shownPath.value = path;
  });
}

export function showFile(path: string): void {
  askedFrom = document.activeElement;
  shownPath.value = path;
}

/** False where whoever asked for the file has gone elsewhere while it was read: they stay there. */
export function takesFocus(): boolean {
  const { activeElement, body } = document;
  return activeElement === askedFrom || activeElement === body;
}

export async function save(vm: Vm, path: string): Promise<void> {
  const file = find(path);
  if (!file) return;
  const { id, state } = file;
  await attempt(`Cannot save ${path}`, async () => {
    await vm.fs.writeFile(path, state.doc.toString());
    const { mtimeMs } = await vm.fs.stat(path);
    change(id, (now) => ({ ...now, mtimeMs, isChanged: now.state.doc !== state.doc }));
  });
}

export async function close(path: string): Promise<void> {
  const file = find(path);
  const question = {
    title: `Close ${file?.name}?`,
    text: "It has changes that are not saved.",
    act: "Close without saving",
    danger: true,
  };
  if (file?.isChanged && !(await confirmed(question))) return;
  const at = files.value.findIndex((other) => other.path === path);
  files.value = files.value.filter((other) => other.path !== path);
  if (shownPath.value !== path) return;
  shownPath.value = (files.value[at] ?? files.value[at - 1])?.path;
}

/** The file is gone: nothing is left to save. */
export function removed(path: string): void {
  for (const file of files.value) {
    if (file.path !== path && !file.path.startsWith(`${path}/`)) continue;
    change(file.id, (now) => ({ ...now, isChanged: false }));
    void close(file.path);
  }
}

/** A file, or a directory with files that are open, has another path now. */
export function renamed(from: string, to: string): void {
  const moved = (path: string) =>
    path === from || path.startsWith(`${from}/`) ? to + path.slice(from.length) : path;
  files.value = files.value.map((file) => {
    const path = moved(file.path);
    return { ...file, path, name: nameOf(path) };
  });
  if (shownPath.value) shownPath.value = moved(shownPath.value);
}

/** Takes over what programs wrote into files that are open, and says so where both sides changed. */
export async function lookForChanges(vm: Vm): Promise<void> {
  for (const { id, path, name, mtimeMs } of files.value) {
    const stats = await vm.fs.stat(path).catch(() => undefined);
    // A save of our own may have come between.
    if (!stats || stats.mtimeMs === mtimeMs || byId(id)?.mtimeMs !== mtimeMs) continue;
    const bytes = await vm.fs.readFile(path).catch(() => undefined);
    const text = bytes && textOf(bytes);
    const state = text === undefined ? undefined : await stateOf(vm, id, name, text);
    // Asked last: nothing may be typed between this and the change.
    if (byId(id)?.isChanged) {
      change(id, (file) => ({ ...file, mtimeMs: stats.mtimeMs }));
      complain(`${name} was changed by a program`, "Saving will overwrite what it wrote.");
    } else if (state) {
      const { mtimeMs } = stats;
      change(id, (file) => ({ ...file, mtimeMs, state, reads: file.reads + 1 }));
      tell(`${name} was read again`, "A program changed it.");
    }
  }
}

export function closeAll(): void {
  files.value = [];
  shownPath.value = undefined;
}

function find(path: string): OpenFile | undefined {
  return files.value.find((file) => file.path === path);
}

function byId(id: number): OpenFile | undefined {
  return files.value.find((file) => file.id === id);
}

/** CodeMirror, which is fetched when the first file is opened. */
export function codeMirror(): Promise<typeof import("./code-mirror.ts")> {
  return import("./code-mirror.ts");
}

async function stateOf(vm: Vm, id: number, name: string, text: string): Promise<EditorState> {
  const { editorState } = await codeMirror();
  return editorState(text, name, {
    onChange: (state) => keep(id, state),
    onSave: () => void save(vm, byId(id)?.path ?? ""),
  });
}

function keep(id: number, state: EditorState): void {
  change(id, (file) => ({
    ...file,
    state,
    isChanged: file.isChanged || state.doc !== file.state.doc,
  }));
}

function change(id: number, edit: (file: OpenFile) => OpenFile): void {
  files.value = files.value.map((file) => (file.id === id ? edit(file) : file));
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
