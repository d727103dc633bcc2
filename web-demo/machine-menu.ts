/** What the menu of machines offers, and what each choice does. */
import {
  add,
  change,
  choose,
  current,
  forget,
  keyOf,
  type MachineEntry,
  machines,
  newId,
} from "./machines.ts";
import { attempt, tell } from "./notices.tsx";
import { browser, restart } from "./session.ts";
import { ask, confirmed } from "./ui/dialogs.tsx";
import type { MenuItem } from "./ui/menu.tsx";

export function machineMenu(): MenuItem[] {
  const shown = current.value;
  const choices = machines.value.map(
    (entry): MenuItem => ({
      icon: entry.server ? "remote" : "machine",
      label: entry.server ? `${entry.label} (${new URL(entry.server).host})` : entry.label,
      isChosen: keyOf(entry) === keyOf(shown),
      act: () => choose(entry),
    }),
  );
  return [
    ...choices,
    { icon: "plus", label: "New machine", begins: true, act: () => void createMachine() },
    { icon: "remote", label: "Use a server", act: () => void connectToServer() },
    { icon: "rename", label: "Rename", begins: true, act: () => void renameMachine(shown) },
    {
      icon: "trash",
      label: shown.server ? "Forget" : "Delete",
      danger: true,
      act: () => void deleteMachine(shown),
    },
  ];
}

export async function createMachine(): Promise<void> {
  const answers = await ask({
    title: "New machine",
    text: browser.storage
      ? "Its files are kept in this browser."
      : "This browser keeps no files for this page: they are gone with the tab.",
    fields: [{ name: "label", label: "Name", value: `Machine ${machines.value.length + 1}` }],
    act: "Create",
  });
  if (answers) open({ label: answers["label"] as string, isNew: true });
}

/** A machine that begins with a snapshot's state. */
export async function forkMachine(id: string, of: string): Promise<void> {
  const answers = await ask({
    title: "Fork into a new machine",
    text: `It begins as ${of} was. Nothing is copied, and neither changes the other.`,
    fields: [{ name: "label", label: "Name", value: `${current.value.label}, ${of}` }],
    act: "Fork",
  });
  if (!answers) return;
  const label = answers["label"] as string;
  const entry: MachineEntry = { id: newId(label), label, from: `${of} of ${current.value.label}` };
  await attempt("Cannot fork", async () => {
    const { restoreMachine } = await import("./store.ts");
    await restoreMachine(entry.id, id);
    add(entry);
    choose(entry);
    tell(`${label} begins as ${of} was`);
  });
}

async function connectToServer(): Promise<void> {
  await attempt("Cannot connect", async () => (await import("./remote.ts")).connectToServer());
}

async function renameMachine(entry: MachineEntry): Promise<void> {
  const answers = await ask({
    title: "Rename the machine",
    fields: [{ name: "label", label: "Name", value: entry.label }],
    act: "Rename",
  });
  if (answers) change(entry, { label: answers["label"] as string });
}

async function deleteMachine(entry: MachineEntry): Promise<void> {
  const { label, server } = entry;
  const isSure = await confirmed({
    title: server ? `Forget ${label}?` : `Delete ${label}?`,
    text: server
      ? "It stays on its server; this page no longer lists it."
      : "Its files and its snapshots will be gone. This cannot be undone.",
    act: server ? "Forget" : "Delete",
    danger: true,
  });
  if (!isSure) return;
  const next = forget(entry);
  // Its page is left first, because a machine that runs would write its files again.
  choose(next);
  if (server === undefined && browser.storage) {
    restart(async () => (await import("./store.ts")).removeMachine(entry.id));
  }
}

function open({ label, ...rest }: Omit<MachineEntry, "id">): void {
  const entry = { id: newId(label), label, ...rest };
  add(entry);
  choose(entry);
}
