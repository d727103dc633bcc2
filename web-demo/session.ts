/** The machine that the page shows: how far its start is, and the machine once it runs. */
import { signal } from "@preact/signals";
import {
  capabilities,
  createVm,
  enableIsolation,
  indexedDbStore,
  type Vm,
} from "../src/browser.ts";
import { change, current, keyOf, type MachineEntry } from "./machines.ts";
import { complain } from "./notices.tsx";
import { onePageOnly, type PageLock } from "./page-lock.ts";
import { WELCOME_FILE, WELCOME_TEXT } from "./panels/welcome.ts";

export type Phase =
  | { readonly kind: "starting"; readonly step: string }
  | { readonly kind: "ready"; readonly milliseconds: number }
  /** Another tab has it; `freed` resolves when it is there for us. */
  | { readonly kind: "busy"; readonly freed: Promise<void> }
  | { readonly kind: "failed"; readonly reason: Error }
  /** It ran, and its kernel is gone. */
  | { readonly kind: "stopped"; readonly reason: Error };

export interface Running {
  readonly vm: Vm;
  readonly entry: MachineEntry;
  /** It was started for the first time. */
  readonly isNew: boolean;
}

export const HOME = "/home/user";
export const STORE = indexedDbStore("isopod-playground");
export const browser = capabilities();

export const phase = signal<Phase>({ kind: "starting", step: "Starting" });
export const running = signal<Running | undefined>(undefined);

const ASSETS = new URL("./isopod/", document.baseURI);
const [RETRIES, RETRY_MS] = [20, 150];

let lock: PageLock | undefined;
/** One start at a time: a later one waits until the one before it is over. */
let turn: Promise<void> = Promise.resolve();

/** Starts the chosen machine, and each that is chosen later. */
export function start(): void {
  let shown: string | undefined;
  current.subscribe((entry) => {
    if (shown === keyOf(entry)) return;
    shown = keyOf(entry);
    restart();
  });
}

/** Switches off what runs, does `between`, and starts the chosen machine. */
export function restart(between: () => Promise<void> = async () => {}): void {
  turn = turn.then(() => boot(between)).catch((reason) => fail(reason));
}

/** Says so where `reason` is that the machine is gone with its kernel. */
export function noteEnd(reason: Error): void {
  if ((reason as { code?: string }).code !== "ERR_KERNEL_DIED" || !running.peek()) return;
  void switchOff();
  phase.value = { kind: "stopped", reason };
}

async function boot(between: () => Promise<void>): Promise<void> {
  const entry = current.peek();
  const started = performance.now();
  phase.value = { kind: "starting", step: running.peek() ? "Switching machines" : "Booting" };
  await switchOff();
  await between();
  const vm = entry.server === undefined ? await bootHere(entry) : await attach(entry);
  // Chosen meanwhile: the next turn starts another.
  if (!vm) return;
  const isNew = entry.isNew === true;
  if (isNew) await settle(vm, entry);
  running.value = { vm, entry, isNew };
  phase.value = { kind: "ready", milliseconds: performance.now() - started };
}

async function bootHere(entry: MachineEntry): Promise<Vm | undefined> {
  if (!(await isolated())) phase.value = { kind: "starting", step: "Booting" };
  if (!browser.machines) throw new Error(browser.missing.map(({ name }) => name).join(", "));
  if (!browser.storage) return createVm({ assets: ASSETS, hostname: hostnameOf(entry) });
  lock = await onePageOnly(entry.id);
  if (!lock.isHeld) {
    phase.value = { kind: "busy", freed: lock.freed };
    return undefined;
  }
  const options = { assets: ASSETS, store: STORE, name: entry.id, hostname: hostnameOf(entry) };
  // A page that was just left lets go of its machine a moment later.
  for (let tries = 1; ; tries++) {
    try {
      return await createVm(options);
    } catch (reason) {
      if (tries === RETRIES || !isBusy(reason)) throw reason;
      await new Promise((later) => setTimeout(later, RETRY_MS));
    }
  }
}

async function attach(entry: MachineEntry): Promise<Vm> {
  phase.value = { kind: "starting", step: `Connecting to ${new URL(entry.server as string).host}` };
  const { openRemote } = await import("./remote.ts");
  return openRemote(entry);
}

async function switchOff(): Promise<void> {
  const before = running.peek();
  running.value = undefined;
  // What could not be written is said; the machine is off in any case.
  await before?.vm.dispose().catch((reason) => complain("Not everything was saved", reason));
  lock?.release();
  lock = undefined;
}

/** A new machine's first file. */
async function settle(vm: Vm, entry: MachineEntry): Promise<void> {
  if (entry.server === undefined) {
    await vm.fs.writeFile(`${HOME}/${WELCOME_FILE}`, WELCOME_TEXT);
    await vm.fs.chown(`${HOME}/${WELCOME_FILE}`, 1000, 1000);
  }
  change(entry, { isNew: false });
}

/** A page that its server does not isolate does so itself, by one reload. */
async function isolated(): Promise<boolean> {
  if (browser.isolated || remembersRefusal()) return browser.isolated;
  phase.value = { kind: "starting", step: "Isolating the page" };
  return enableIsolation().catch(() => false);
}

/** `?isolation=off` shows what the page does without it. */
function remembersRefusal(): boolean {
  return new URLSearchParams(location.search).get("isolation") === "off";
}

function hostnameOf({ id }: MachineEntry): string {
  return id === "main" ? "isopod" : id;
}

function isBusy(reason: unknown): boolean {
  return (reason as { code?: string }).code === "ERR_STORE_BUSY";
}

function fail(reason: Error): void {
  lock?.release();
  lock = undefined;
  phase.value = { kind: "failed", reason };
}
