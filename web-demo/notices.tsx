/** Short messages in the corner: what was done, and what went wrong and what helps. */
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { Icon } from "./ui/icons.tsx";

interface Notice {
  readonly id: number;
  readonly text: string;
  readonly detail: string | undefined;
  readonly isError: boolean;
}

const SHOWN_MS = 5000;
const notices = signal<readonly Notice[]>([]);
let lastId = 0;

export function tell(text: string, detail?: string): void {
  const notice = show(text, detail, false);
  setTimeout(() => dismiss(notice), SHOWN_MS);
}

/** Stays until it is dismissed. */
export function complain(text: string, reason: unknown): void {
  const detail = reason instanceof Error ? reason.message : String(reason);
  show(text, detail, true);
}

/** `work`; where it fails, says that `what` could not be done. */
export async function attempt<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (reason) {
    complain(what, reason);
    return undefined;
  }
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
            aria-label="Dismiss"
            onClick={() => dismiss(notice.id)}
          >
            <Icon name="close" size={12} />
          </button>
          {notice.detail && <small>{notice.detail}</small>}
        </div>
      ))}
    </div>
  );
}

function show(text: string, detail: string | undefined, isError: boolean): number {
  const id = ++lastId;
  notices.value = [...notices.value.slice(-3), { id, text, detail, isError }];
  return id;
}

function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}
