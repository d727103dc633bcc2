/** The parts of the page: which of them are shown, and going to one by name. */
import { signal } from "@preact/signals";
import type { IconName } from "./icons.tsx";

export type Side = "files" | "timeline" | "system";
export type Place = Side | "editor" | "terminal";

export const LABELS: Readonly<Record<Place, readonly [icon: IconName, label: string]>> = {
  files: ["folder", "Files"],
  editor: ["editor", "Editor"],
  terminal: ["terminal", "Terminal"],
  timeline: ["timeline", "Timeline"],
  system: ["system", "System"],
};
export const SIDES: readonly Side[] = ["files", "timeline", "system"];
/** In the order in which F6 goes round. */
export const PLACES: readonly Place[] = ["files", "editor", "terminal", "timeline", "system"];

/** What the side bar shows. */
export const side = signal<Side>("files");
/** What a phone shows, and where the focus went last. */
export const place = signal<Place>("terminal");

const focusers = new Map<Place, () => void>();
/** To be focused as soon as it is there. */
let awaited: Place | undefined;

/** `focus` moves the focus into a part that is shown. The result takes it back. */
export function registerFocus(name: Place, focus: () => void): () => void {
  focusers.set(name, focus);
  if (awaited === name) settle();
  return () => {
    if (focusers.get(name) === focus) focusers.delete(name);
  };
}

export function show(name: Place): void {
  place.value = name;
  if (isSide(name)) side.value = name;
}

/** Shows a part and moves the focus there. */
export function go(name: Place): void {
  show(name);
  awaited = name;
  requestAnimationFrame(settle);
}

/** The part after the one with the focus, or before it. */
export function goRound(step: 1 | -1): void {
  const here = document.activeElement?.closest<HTMLElement>("[data-place]")?.dataset["place"];
  const at = PLACES.indexOf((here ?? place.value) as Place);
  go(PLACES[(at + step + PLACES.length) % PLACES.length] as Place);
}

function settle(): void {
  const focus = awaited && focusers.get(awaited);
  if (!focus) return;
  awaited = undefined;
  focus();
}

function isSide(name: Place): name is Side {
  return (SIDES as readonly string[]).includes(name);
}
