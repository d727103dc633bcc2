/** Whether the machine's files are kept, as the top bar tells it. */
import { computed, effect, signal } from "@preact/signals";
import { isRemote } from "./machines.ts";
import { browser, noteEnd, running } from "./session.ts";

const LOOK_MS = 300;

/** Something was written that is not in the store yet. */
const isUnsaved = signal(false);

effect(() => {
  const vm = running.value?.vm;
  isUnsaved.value = false;
  if (!vm || isRemote.value) return undefined;
  const timer = setInterval(async () => {
    if (!document.hidden)
      isUnsaved.value = await vm.isCommitted().then(
        (done) => !done,
        (reason) => {
          noteEnd(reason);
          return false;
        },
      );
  }, LOOK_MS);
  return () => clearInterval(timer);
});

export const saveState = computed((): { look: string; text: string } => {
  if (isRemote.value) return { look: "", text: "On a server" };
  if (!browser.storage) return { look: "is-busy", text: "Not kept" };
  return isUnsaved.value ? { look: "is-busy", text: "Saving" } : { look: "", text: "Saved" };
});
