/** The machine that the page shows: how far its start is, and the machine once it runs. */
import { signal } from "@preact/signals";
import { createVm, type Vm } from "../src/browser.ts";

export type Phase =
  | { readonly kind: "starting"; readonly step: string }
  | { readonly kind: "ready"; readonly milliseconds: number }
  | { readonly kind: "failed"; readonly reason: Error };

export const phase = signal<Phase>({ kind: "starting", step: "Starting" });
export const vm = signal<Vm | undefined>(undefined);

export const HOME = "/home/user";

/** Boots the machine of this page, or says why it cannot. */
export async function start(): Promise<void> {
  const started = performance.now();
  phase.value = { kind: "starting", step: "Booting" };
  try {
    vm.value = await createVm({ assets: new URL("./isopod/", document.baseURI) });
    phase.value = { kind: "ready", milliseconds: performance.now() - started };
  } catch (reason) {
    phase.value = { kind: "failed", reason: reason as Error };
  }
}
