/** Short messages in the corner: what was done, what is under way, what went wrong and what helps. */
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { Icon } from "./ui/icons.tsx";

interface Notice {
  readonly id: number;
  readonly text: string;
  readonly detail: string | undefined;
  readonly isError: boolean;
  /** 0 to 1: it is under way. */
  readonly progress?: number;
  readonly cancel?: () => void;
}

const SHOWN_MS = 5000;
const MOST = 4;
const notices = signal<readonly Notice[]>([]);
let lastId = 0;

export function tell(text: string, detail?: string): void {
  const notice = show({ text, detail, isError: false });
  setTimeout(() => dismiss(notice), SHOWN_MS);
}

/** Stays until it is dismissed. */
export function complain(text: string, reason: unknown): void {
  const detail = reason instanceof Error ? reason.message : String(reason);
  show({ text, detail, isError: true });
}

/** `work`; where it fails, says that `what` could not be done. */
export async function attempt<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (reason) {
    if ((reason as Error)?.name !== "AbortError") complain(what, reason);
    return undefined;
  }
}

export interface Progress {
  update(share: number, detail: string): void;
  end(): void;
}

/** Something that takes its time, with a button that calls `cancel`. */
export function follow(text: string, cancel: () => void): Progress {
  const id = show({ text, detail: undefined, isError: false, progress: 0, cancel });
  return {
    update(progress, detail) {
      notices.value = notices.value.map((notice) =>
        notice.id === id ? { ...notice, progress, detail } : notice,
      );
    },
    end: () => dismiss(id),
  };
}

export function Notices(): JSX.Element {
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map((notice) => (
        <div key={notice.id} class={`notice ${notice.isError ? "is-error" : ""}`}>
          <span>{notice.text}</span>
          <button
            type="button"
            class="tab-close"
            title={notice.cancel ? "Cancel" : "Dismiss"}
            aria-label={notice.cancel ? "Cancel" : "Dismiss"}
            onClick={notice.cancel ?? (() => dismiss(notice.id))}
          >
            <Icon name="close" size={12} />
          </button>
          {notice.detail && <small>{notice.detail}</small>}
          {notice.progress !== undefined && (
            <progress aria-label={notice.text} value={notice.progress} max={1} />
          )}
        </div>
      ))}
    </div>
  );
}

function show(notice: Omit<Notice, "id">): number {
  const id = ++lastId;
  notices.value = [...notices.value.slice(1 - MOST), { ...notice, id }];
  return id;
}

function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}
