/** Whether the machine's files are kept, as the top bar tells it. */
import { computed, signal } from "@preact/signals";
import { isRemote } from "./machines.ts";
import { browser } from "./session.ts";

/** Something was written that is not in the store yet. */
export const isUnsaved = signal(false);

export const saveState = computed((): { look: string; text: string } => {
  if (isRemote.value) return { look: "", text: "On a server" };
  if (!browser.storage) return { look: "is-busy", text: "Not kept" };
  return isUnsaved.value ? { look: "is-busy", text: "Saving" } : { look: "", text: "Saved" };
});
