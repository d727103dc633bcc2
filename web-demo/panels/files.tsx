/** The file tree: open, create, rename, remove, upload by choosing or dropping, download. */
import { useSignal } from "@preact/signals";
import { Fragment, type JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Vm } from "../../src/browser.ts";
import { HOME } from "../session.ts";
import { Icon, type IconName } from "../ui/icons.tsx";
import { Menu, type MenuItem, type MenuPlace } from "../ui/menu.tsx";
import { registerFocus } from "../ui/places.ts";
import { Tool } from "../ui/tab-strip.tsx";
import { openFile } from "./editor-files.ts";
import { type Draft, FileActions } from "./file-actions.ts";
import { FileTree, parentOf, type TreeEntry } from "./file-tree.ts";
import { NameInput } from "./name-input.tsx";
import { chosen, dropped } from "./transfers.ts";

interface Row extends TreeEntry {
  readonly depth: number;
}

/** What a row that is dragged carries. */
const MOVED = "application/x-isopod-path";

export function Files({ vm }: { vm: Vm }): JSX.Element {
  const tree = useMemo(() => treeOf(vm), [vm]);
  const actions = useMemo(() => new FileActions(vm, tree), [vm, tree]);
  useEffect(() => tree.watch(), [tree]);
  const selected = useSignal<string>(HOME);
  /** Where what is dragged would land. */
  const target = useSignal<string | undefined>(undefined);
  const draft = useSignal<Draft | undefined>(undefined);
  const menu = useSignal<(MenuPlace & { readonly path: string }) | undefined>(undefined);
  const element = useRef<HTMLDivElement>(null);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);

  const rows = visibleRows(tree);
  const isDirectory = (path: string) =>
    tree.listings.value.has(path) || kindOf(path) === "directory";
  const isEmpty = (path: string) =>
    tree.open.value.has(path) && tree.listings.value.get(path)?.length === 0;
  const kindOf = (path: string) => rows.find((row) => row.path === path)?.kind;
  const directoryOf = (path: string) => (isDirectory(path) ? path : parentOf(path));
  const stop = rows.some(({ path }) => path === selected.value) ? selected.value : rows[0]?.path;

  const focusOn = (path: string | undefined) => {
    if (path === undefined) return;
    selected.value = path;
    requestAnimationFrame(() => {
      element.current?.querySelector<HTMLElement>(`[data-path="${CSS.escape(path)}"]`)?.focus();
    });
  };
  const isRead = tree.listings.value.has(HOME);
  useEffect(() => {
    const focus = () => (stop === undefined ? element.current?.focus() : focusOn(stop));
    return isRead ? registerFocus("files", focus) : undefined;
  }, [stop, isRead]);

  const begin = async (kind: "file" | "directory", directory: string) => {
    if (!tree.open.value.has(directory)) await tree.toggle(directory);
    draft.value = { kind, directory, path: undefined };
  };
  const beginRename = (path: string) => {
    draft.value = { kind: "rename", directory: parentOf(path), path };
  };
  const finish = async (name: string) => {
    const now = draft.value;
    draft.value = undefined;
    if (!now) return;
    const made = await actions.finish(now, name);
    if (made && now.kind === "file") selected.value = made;
    else focusOn(made ?? now.path);
  };
  const remove = async (path: string) => {
    const at = rows.findIndex((row) => row.path === path);
    const next = rows.slice(at + 1).find((row) => !row.path.startsWith(`${path}/`)) ?? rows[at - 1];
    if (await actions.remove(path, isDirectory(path))) focusOn(next?.path);
  };
  const activate = (row: Row) => {
    selected.value = row.path;
    if (row.kind === "directory") void tree.toggle(row.path);
    else void openFile(vm, row.path);
  };
  const choose = (input: HTMLInputElement) => {
    const items = chosen(input.files as FileList);
    input.value = "";
    void actions.receive(directoryOf(selected.value), items);
  };
  const onDrop = (event: DragEvent, directory: string) => {
    event.preventDefault();
    event.stopPropagation();
    target.value = undefined;
    const { dataTransfer } = event;
    if (!dataTransfer) return;
    const moved = dataTransfer.getData(MOVED);
    if (moved !== "") void actions.move(moved, directory);
    else void dropped(dataTransfer).then((items) => actions.receive(directory, items));
  };
  const onDragOver = (event: DragEvent, directory: string) => {
    event.preventDefault();
    event.stopPropagation();
    target.value = directory;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const focused = (event.target as HTMLElement).dataset["path"] ?? stop;
    const at = rows.findIndex(({ path }) => path === focused);
    const row = rows[at];
    const isOpen = row !== undefined && tree.open.value.has(row.path);
    const keys: Record<string, () => void> = {
      ArrowDown: () => focusOn(rows[at + 1]?.path),
      ArrowUp: () => focusOn(rows[at - 1]?.path),
      Home: () => focusOn(rows[0]?.path),
      End: () => focusOn(rows.at(-1)?.path),
      ArrowRight: () => {
        if (row?.kind === "directory" && !isOpen) void tree.toggle(row.path);
        else if (isOpen) focusOn(rows[at + 1]?.path);
      },
      ArrowLeft: () => {
        if (row && isOpen) void tree.toggle(row.path);
        else if (row && row.depth > 0) focusOn(parentOf(row.path));
      },
      F2: () => row && beginRename(row.path),
      Delete: () => row && void remove(row.path),
    };
    const act = draft.value ? undefined : keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  const itemsFor = (path: string): MenuItem[] => {
    const directory = directoryOf(path);
    const all: MenuItem[] = [
      { icon: "newFile", label: "New file", act: () => void begin("file", directory) },
      { icon: "newFolder", label: "New folder", act: () => void begin("directory", directory) },
      { icon: "download", label: "Download", act: () => void actions.download(path) },
    ];
    if (path === HOME) return all;
    const own: MenuItem[] = [
      { icon: "rename", label: "Rename", key: "F2", act: () => beginRename(path) },
      { icon: "trash", label: "Delete", key: "Del", danger: true, act: () => void remove(path) },
    ];
    return [...all, ...own];
  };
  const openMenu = (event: MouseEvent, path: string) => {
    event.preventDefault();
    event.stopPropagation();
    selected.value = path;
    // From the keyboard it comes without a place.
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const { clientX: x, clientY: y } = event;
    menu.value = { x: x || box.left + 40, y: y || box.bottom, path };
  };

  return (
    <>
      <div class="tabs">
        <strong class="tab-title">Files</strong>
        <div class="actions">
          <Tool
            icon="newFile"
            label="New file"
            act={() => void begin("file", directoryOf(selected.value))}
          />
          <Tool
            icon="newFolder"
            label="New folder"
            act={() => void begin("directory", directoryOf(selected.value))}
          />
          <Tool icon="upload" label="Upload files" act={() => files.current?.click()} />
          <Tool icon="uploadFolder" label="Upload a folder" act={() => folder.current?.click()} />
          <input
            ref={files}
            type="file"
            aria-label="Files to upload"
            multiple
            hidden
            onChange={(event) => choose(event.currentTarget)}
          />
          <input
            ref={folder}
            type="file"
            aria-label="Folder to upload"
            {...{ webkitdirectory: true }}
            hidden
            onChange={(event) => choose(event.currentTarget)}
          />
        </div>
      </div>
      <div
        ref={element}
        class={`panel-body tree ${target.value === HOME ? "is-target" : ""}`}
        role="tree"
        tabIndex={-1}
        aria-label="Files"
        onKeyDown={onKeyDown}
        onContextMenu={(event) => openMenu(event, HOME)}
        onDragOver={(event) => onDragOver(event, HOME)}
        onDragLeave={() => (target.value = undefined)}
        onDrop={(event) => onDrop(event, HOME)}
      >
        {draft.value?.directory === HOME && draft.value.kind !== "rename" && (
          <NameInput depth={0} name="" finish={(name) => void finish(name)} />
        )}
        {rows.map((row) => (
          <Fragment key={row.path}>
            {draft.value?.path === row.path ? (
              <NameInput depth={row.depth} name={row.name} finish={(name) => void finish(name)} />
            ) : (
              <button
                type="button"
                role="treeitem"
                data-path={row.path}
                draggable
                title={row.path}
                class={`tree-row ${target.value === row.path ? "is-target" : ""}`}
                style={{ "--depth": row.depth }}
                aria-level={row.depth + 1}
                aria-selected={selected.value === row.path}
                aria-expanded={row.kind === "directory" ? tree.open.value.has(row.path) : undefined}
                tabIndex={row.path === stop ? 0 : -1}
                onClick={() => activate(row)}
                onContextMenu={(event) => openMenu(event, row.path)}
                onDragStart={(event) => event.dataTransfer?.setData(MOVED, row.path)}
                {...(row.kind === "directory" && {
                  onDragOver: (event: DragEvent) => onDragOver(event, row.path),
                  onDrop: (event: DragEvent) => onDrop(event, row.path),
                })}
              >
                <span class="twist">
                  {row.kind === "directory" && <Icon name="chevron" size={12} />}
                </span>
                <Icon name={iconOf(row, tree.open.value.has(row.path))} />
                <span class="name">{row.name}</span>
              </button>
            )}
            {draft.value?.directory === row.path && draft.value.kind !== "rename" && (
              <NameInput depth={row.depth + 1} name="" finish={(name) => void finish(name)} />
            )}
            {isEmpty(row.path) && draft.value?.directory !== row.path && (
              <div class="tree-empty" role="none" style={{ "--depth": row.depth + 1 }}>
                Empty
              </div>
            )}
          </Fragment>
        ))}
        {rows.length === 0 && isRead && !draft.value && (
          <p class="hint">No files yet. Drop some here, or make one in the terminal.</p>
        )}
      </div>
      {menu.value && (
        <Menu
          place={menu.value}
          label={menu.value.path}
          items={itemsFor(menu.value.path)}
          close={() => (menu.value = undefined)}
        />
      )}
    </>
  );
}

const trees = new WeakMap<Vm, FileTree>();

/** Folders stay open while another part of the page is shown. */
function treeOf(vm: Vm): FileTree {
  const known = trees.get(vm) ?? new FileTree(vm, HOME);
  trees.set(vm, known);
  return known;
}

function visibleRows(tree: FileTree): Row[] {
  const rows: Row[] = [];
  const add = (path: string, depth: number) => {
    for (const entry of tree.listings.value.get(path) ?? []) {
      rows.push({ ...entry, depth });
      if (tree.open.value.has(entry.path)) add(entry.path, depth + 1);
    }
  };
  add(tree.root, 0);
  return rows;
}

function iconOf({ kind }: TreeEntry, isOpen: boolean): IconName {
  if (kind === "directory") return isOpen ? "open" : "folder";
  return kind === "symlink" ? "link" : "file";
}
