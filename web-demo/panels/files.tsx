/** The file tree: open, create, rename, remove, upload by choosing or dropping, download. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Vm } from "../../src/browser.ts";
import { attempt, tell } from "../notices.tsx";
import { HOME } from "../session.ts";
import { Icon } from "../ui/icons.tsx";
import { Menu, type MenuItem, type MenuPlace } from "../ui/menu.tsx";
import { openFile, renamed } from "./editor-files.ts";
import { FileTree, join, nameOf, parentOf, type TreeEntry } from "./file-tree.ts";
import { download, dropped, type Upload, upload } from "./transfers.ts";

/** A name that is being typed: of a new entry in `directory`, or a new name of `path`. */
interface Draft {
  readonly kind: "file" | "directory" | "rename";
  readonly directory: string;
  readonly path: string | undefined;
}

interface Row extends TreeEntry {
  readonly depth: number;
}

export function Files({ vm }: { vm: Vm }): JSX.Element {
  const tree = useMemo(() => new FileTree(vm, HOME), [vm]);
  useEffect(() => () => tree.dispose(), [tree]);
  const selected = useSignal<string>(HOME);
  const target = useSignal<string | undefined>(undefined);
  const draft = useSignal<Draft | undefined>(undefined);
  const menu = useSignal<(MenuPlace & { readonly path: string }) | undefined>(undefined);
  const chooser = useRef<HTMLInputElement>(null);

  const rows = visibleRows(tree);
  const directoryOf = (path: string) => (tree.listings.value.has(path) ? path : parentOf(path));
  const selectedDirectory = () => directoryOf(selected.value);

  const begin = async (kind: "file" | "directory", directory: string) => {
    if (!tree.open.value.has(directory)) await tree.toggle(directory);
    draft.value = { kind, directory, path: undefined };
  };
  const finish = async (name: string) => {
    const now = draft.value;
    draft.value = undefined;
    if (!now || name === "" || (now.path && nameOf(now.path) === name)) return;
    const path = join(now.directory, name);
    await attempt(`Cannot make ${path}`, async () => {
      if (now.kind === "directory") await vm.fs.mkdir(path, { recursive: true });
      else if (now.kind === "rename") await vm.fs.rename(now.path as string, path);
      else await vm.fs.writeFile(path, "", { flag: "ax" });
      if (now.kind === "rename") renamed(now.path as string, path);
      if (now.kind === "file") void openFile(vm, path);
      selected.value = path;
    });
    await tree.refresh();
  };
  const receive = async (directory: string, items: readonly Upload[]) => {
    const count = await attempt(`Cannot upload to ${directory}`, () =>
      upload(vm, directory, items),
    );
    if (count) tell(`${count} ${count === 1 ? "file" : "files"} uploaded`, directory);
    await tree.refresh();
  };
  const remove = async (path: string) => {
    await attempt(`Cannot remove ${path}`, () => vm.fs.rm(path, { recursive: true }));
    await tree.refresh();
  };
  const activate = (row: Row) => {
    selected.value = row.path;
    if (row.kind === "directory") void tree.toggle(row.path);
    else void openFile(vm, row.path);
  };

  const onDrop = (event: DragEvent, directory: string) => {
    event.preventDefault();
    event.stopPropagation();
    target.value = undefined;
    const { dataTransfer } = event;
    if (!dataTransfer) return;
    const moved = dataTransfer.getData("application/x-isopod-path");
    if (moved === "") {
      void dropped(dataTransfer).then((items) => receive(directory, items));
      return;
    }
    const to = join(directory, nameOf(moved));
    if (to === moved || to.startsWith(`${moved}/`)) return;
    void attempt(`Cannot move ${moved}`, async () => {
      await vm.fs.rename(moved, to);
      renamed(moved, to);
    }).then(() => tree.refresh());
  };
  const onDragOver = (event: DragEvent, directory: string) => {
    event.preventDefault();
    event.stopPropagation();
    target.value = directory;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const at = rows.findIndex(({ path }) => path === selected.value);
    const row = rows[at];
    const go = (to: Row | undefined) => {
      if (!to) return;
      selected.value = to.path;
      const tree = event.currentTarget as HTMLElement;
      tree.querySelector<HTMLElement>(`[data-path="${CSS.escape(to.path)}"]`)?.focus();
    };
    const keys: Record<string, () => void> = {
      ArrowDown: () => go(rows[at + 1]),
      ArrowUp: () => go(rows[at - 1]),
      Home: () => go(rows[0]),
      End: () => go(rows.at(-1)),
      ArrowRight: () => {
        if (row?.kind === "directory" && !tree.open.value.has(row.path)) void tree.toggle(row.path);
        else go(rows[at + 1]);
      },
      ArrowLeft: () => {
        if (row && tree.open.value.has(row.path)) void tree.toggle(row.path);
        else go(rows.find(({ path }) => row && path === parentOf(row.path)));
      },
      F2: () => row && beginRename(row.path),
      Delete: () => row && void remove(row.path),
    };
    const act = draft.value ? undefined : keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  const beginRename = (path: string) => {
    draft.value = { kind: "rename", directory: parentOf(path), path };
  };
  const itemsFor = (path: string): MenuItem[] => {
    const directory = directoryOf(path);
    return [
      { icon: "newFile", label: "New file", act: () => void begin("file", directory) },
      { icon: "newFolder", label: "New folder", act: () => void begin("directory", directory) },
      { icon: "rename", label: "Rename", act: () => beginRename(path) },
      {
        icon: "download",
        label: "Download",
        act: () => void attempt(`Cannot download ${path}`, () => download(vm, path)),
      },
      { icon: "trash", label: "Delete", danger: true, act: () => void remove(path) },
    ];
  };

  return (
    <>
      <div class="tabs">
        <strong class="tab-title">Files</strong>
        <div class="actions">
          <Tool
            icon="newFile"
            label="New file"
            act={() => void begin("file", selectedDirectory())}
          />
          <Tool
            icon="newFolder"
            label="New folder"
            act={() => void begin("directory", selectedDirectory())}
          />
          <Tool icon="upload" label="Upload files" act={() => chooser.current?.click()} />
          <input
            ref={chooser}
            type="file"
            multiple
            hidden
            onChange={(event) => {
              const files = [...(event.currentTarget.files ?? [])];
              event.currentTarget.value = "";
              void receive(
                selectedDirectory(),
                files.map((file) => ({ path: file.name, file })),
              );
            }}
          />
        </div>
      </div>
      <div
        class={`panel-body tree ${target.value === HOME ? "is-target" : ""}`}
        role="tree"
        aria-label="Files"
        onKeyDown={onKeyDown}
        onDragOver={(event) => onDragOver(event, HOME)}
        onDragLeave={() => (target.value = undefined)}
        onDrop={(event) => onDrop(event, HOME)}
      >
        {draft.value?.directory === HOME && draft.value.kind !== "rename" && (
          <NameInput depth={0} name="" finish={finish} />
        )}
        {rows.map((row) => (
          <>
            {draft.value?.path === row.path ? (
              <NameInput key={`${row.path}*`} depth={row.depth} name={row.name} finish={finish} />
            ) : (
              <button
                key={row.path}
                type="button"
                role="treeitem"
                data-path={row.path}
                draggable
                class={`tree-row ${target.value === row.path ? "is-target" : ""}`}
                style={{ "--depth": row.depth }}
                aria-level={row.depth + 1}
                aria-selected={selected.value === row.path}
                aria-expanded={row.kind === "directory" ? tree.open.value.has(row.path) : undefined}
                tabIndex={
                  selected.value === row.path || (selected.value === HOME && row === rows[0])
                    ? 0
                    : -1
                }
                onClick={() => activate(row)}
                onContextMenu={(event) => {
                  event.preventDefault();
                  selected.value = row.path;
                  menu.value = { x: event.clientX, y: event.clientY, path: row.path };
                }}
                onDragStart={(event) =>
                  event.dataTransfer?.setData("application/x-isopod-path", row.path)
                }
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
              <NameInput key={`${row.path}+`} depth={row.depth + 1} name="" finish={finish} />
            )}
          </>
        ))}
      </div>
      {menu.value && (
        <Menu
          place={menu.value}
          items={itemsFor(menu.value.path)}
          close={() => (menu.value = undefined)}
        />
      )}
    </>
  );
}

function Tool(props: { icon: MenuItem["icon"]; label: string; act: () => void }): JSX.Element {
  return (
    <button
      type="button"
      class="icon-button"
      title={props.label}
      aria-label={props.label}
      onClick={props.act}
    >
      <Icon name={props.icon} />
    </button>
  );
}

function NameInput(props: {
  depth: number;
  name: string;
  finish: (name: string) => void;
}): JSX.Element {
  return (
    <div class="tree-row" style={{ "--depth": props.depth }}>
      <span class="twist" />
      <input
        aria-label="Name"
        spellcheck={false}
        defaultValue={props.name}
        ref={(input) => {
          input?.focus();
          input?.setSelectionRange(
            0,
            props.name.lastIndexOf(".") > 0 ? props.name.lastIndexOf(".") : props.name.length,
          );
        }}
        onBlur={(event) => props.finish(event.currentTarget.value.trim())}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === "Enter") event.currentTarget.blur();
          if (event.key !== "Escape") return;
          event.currentTarget.value = "";
          event.currentTarget.blur();
        }}
      />
    </div>
  );
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

function iconOf({ kind }: TreeEntry, isOpen: boolean): MenuItem["icon"] {
  if (kind === "directory") return isOpen ? "open" : "folder";
  return kind === "symlink" ? "link" : "file";
}
