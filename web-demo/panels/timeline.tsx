/** The timeline: what the machine was at moments that were kept, with ways back to each of them. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { SnapshotDiff } from "../../src/browser.ts";
import { forkMachine } from "../machine-menu.ts";
import { attempt, tell } from "../notices.tsx";
import { browser, HOME, type Running, restart } from "../session.ts";
import type { KeptSnapshot } from "../store.ts";
import { confirmed } from "../ui/dialogs.tsx";
import { Icon } from "../ui/icons.tsx";
import { registerFocus } from "../ui/places.ts";

interface Moment extends KeptSnapshot {
  /** Since the one before it; undefined: there is none, or it is not known yet. */
  readonly changes: SnapshotDiff | undefined;
}

export function Timeline({ running }: { running: Running }): JSX.Element {
  const { vm, entry } = running;
  const moments = useSignal<readonly Moment[] | undefined>(undefined);
  const isBusy = useSignal(false);
  const input = useRef<HTMLInputElement>(null);
  const isKept = entry.server === undefined && browser.storage;

  const look = async () => {
    if (!isKept) return;
    const { snapshotsOf } = await import("../store.ts");
    const found = await snapshotsOf(entry.id);
    const known = new Map(moments.peek()?.map(({ name, changes }) => [name, changes]));
    moments.value = found.map((kept) => ({ ...kept, changes: known.get(kept.name) }));
    for (const [index, kept] of found.entries()) {
      const before = found[index + 1];
      if (!before || known.get(kept.name)) continue;
      const changes = await vm.diff(before.id, kept.id).catch(() => undefined);
      moments.value = moments.value.map((each) =>
        each.name === kept.name ? { ...each, changes } : each,
      );
    }
  };
  useEffect(() => void attempt("Cannot read the snapshots", look), [vm]);
  useEffect(() => registerFocus("timeline", () => input.current?.focus()), []);

  const take = async (event: SubmitEvent) => {
    event.preventDefault();
    const label = input.current?.value.trim() || `Snapshot ${(moments.value?.length ?? 0) + 1}`;
    isBusy.value = true;
    await attempt("Cannot take a snapshot", async () => {
      const { keepSnapshot } = await import("../store.ts");
      await keepSnapshot(entry.id, label, (await vm.commit()).id);
      if (input.current) input.current.value = "";
      await look();
    });
    isBusy.value = false;
  };
  const restore = async (moment: Moment) => {
    const isSure = await confirmed({
      title: `Go back to ${moment.label}?`,
      text: "Programs end, and files become what they were then. What is now is kept as a snapshot.",
      act: "Restore",
    });
    if (!isSure) return;
    await attempt("Cannot restore", async () => {
      const { headOf, keepSnapshot, restoreMachine } = await import("../store.ts");
      const now = await vm.commit();
      const latest = moments.peek()?.[0];
      if (latest?.tree !== now.tree) await keepSnapshot(entry.id, `Before ${moment.label}`, now.id);
      restart(async () => {
        if ((await headOf(entry.id)) !== moment.id) await restoreMachine(entry.id, moment.id);
        tell(`Restored ${moment.label}`);
      });
    });
  };
  const forget = async (moment: Moment) => {
    const isSure = await confirmed({
      title: `Delete the snapshot ${moment.label}?`,
      text: "The machine itself stays as it is.",
      act: "Delete",
      danger: true,
    });
    if (!isSure) return;
    await attempt("Cannot delete it", async () => {
      await (await import("../store.ts")).forgetSnapshot(moment.name);
      await look();
    });
  };

  return (
    <>
      <div class="tabs">
        <strong class="tab-title">Timeline</strong>
      </div>
      <div class="panel-body">
        {isKept && (
          <form class="take" onSubmit={(event) => void take(event)}>
            <input
              ref={input}
              class="input"
              aria-label="Name of the snapshot"
              placeholder="Name"
              maxLength={80}
            />
            <button type="submit" class="button primary" disabled={isBusy.value}>
              <Icon name="camera" /> Snapshot
            </button>
          </form>
        )}
        {!isKept && <p class="hint">{whyNot(running)}</p>}
        {moments.value?.length === 0 && (
          <p class="hint">
            A snapshot keeps all files as they are now. It takes no copy, and going back takes a
            moment.
          </p>
        )}
        <ol class="timeline" aria-label="Snapshots, the newest first">
          {moments.value?.map((moment) => (
            <li key={moment.name}>
              <span class="name">{moment.label}</span>
              <time class="detail" dateTime={new Date(moment.created).toISOString()}>
                {timeOf(moment.created)}
              </time>
              {moment.changes && <Changes diff={moment.changes} />}
              <div class="row">
                <button type="button" onClick={() => void restore(moment)}>
                  <Icon name="restore" size={13} /> Restore
                </button>
                <button type="button" onClick={() => void forkMachine(moment.id, moment.label)}>
                  <Icon name="fork" size={13} /> Fork
                </button>
                <button
                  type="button"
                  class="quiet"
                  title="Delete the snapshot"
                  aria-label={`Delete the snapshot ${moment.label}`}
                  onClick={() => void forget(moment)}
                >
                  <Icon name="trash" size={13} />
                </button>
              </div>
            </li>
          ))}
        </ol>
        {entry.from && <p class="hint">This machine began as {entry.from}.</p>}
      </div>
    </>
  );
}

const KINDS = [
  ["added", "+"],
  ["changed", "~"],
  ["removed", "−"],
] as const;
/** Paths that are listed; there may be thousands. */
const PATHS_SHOWN = 200;

function Changes({ diff }: { diff: SnapshotDiff }): JSX.Element {
  const lists = KINDS.filter(([kind]) => diff[kind].length > 0);
  if (lists.length === 0) return <span class="detail">Nothing changed</span>;
  const all = lists.flatMap(([kind, sign]) => diff[kind].map((path) => ({ kind, sign, path })));
  return (
    <details class="changes">
      <summary>
        {lists.map(([kind]) => (
          <span key={kind} class={kind}>
            {diff[kind].length} {kind}
          </span>
        ))}
      </summary>
      <ul>
        {all.slice(0, PATHS_SHOWN).map(({ kind, sign, path }) => (
          <li key={path} class={kind}>
            {sign} {short(path)}
          </li>
        ))}
        {all.length > PATHS_SHOWN && <li>and {all.length - PATHS_SHOWN} more</li>}
      </ul>
    </details>
  );
}

function short(path: string): string {
  return path.startsWith(`${HOME}/`) ? `~${path.slice(HOME.length)}` : path;
}

function whyNot({ entry }: Running): string {
  return entry.server === undefined
    ? "This browser keeps no files for this page, so there are no snapshots."
    : "This machine's files are kept by its server.";
}

const DAY_MS = 86_400_000;

function timeOf(milliseconds: number): string {
  const date = new Date(milliseconds);
  const isToday = Date.now() - milliseconds < DAY_MS && date.getDate() === new Date().getDate();
  const time = { hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
  return isToday
    ? date.toLocaleTimeString(undefined, time)
    : date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}
