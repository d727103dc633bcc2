/** The terminals that are open: which is shown, and what keys and buttons do with them. */
import { signal } from "@preact/signals";
import type { TerminalView } from "./terminal-view.ts";

export interface TerminalTab {
  readonly id: string;
  readonly title: string;
}

export const tabs = signal<readonly TerminalTab[]>([]);
export const shownId = signal<string | undefined>(undefined);

const views = new Map<string, TerminalView>();
let lastId = 0;

export function newTerminal(): void {
  const id = String(++lastId);
  tabs.value = [...tabs.value, { id, title: "bash" }];
  shownId.value = id;
}

export function closeTerminal(id: string): void {
  const at = tabs.value.findIndex((tab) => tab.id === id);
  tabs.value = tabs.value.filter((tab) => tab.id !== id);
  if (shownId.value === id) shownId.value = (tabs.value[at] ?? tabs.value[at - 1])?.id;
}

export function closeAllTerminals(): void {
  tabs.value = [];
  shownId.value = undefined;
}

export function showTerminal(id: string): void {
  shownId.value = id;
}

/** Counted from 0; false where there is none. */
export function showTerminalAt(index: number): boolean {
  const tab = tabs.value[index];
  if (tab) shownId.value = tab.id;
  return tab !== undefined;
}

export function setTitle(id: string, title: string): void {
  tabs.value = tabs.value.map((tab) => (tab.id === id ? { ...tab, title } : tab));
}

export function shownTerminal(): TerminalView | undefined {
  return views.get(shownId.peek() ?? "");
}

export function register(id: string, view: TerminalView | undefined): void {
  if (view) views.set(id, view);
  else views.delete(id);
}
