/** A bar between two parts of the page that changes a length in CSS, by pointer or by arrow keys. */
import type { JSX } from "preact";
import { remember, remembered } from "../settings.ts";

interface SplitterProps {
  readonly direction: "columns" | "rows";
  readonly label: string;
  /** The CSS variable that it sets on its parent. */
  readonly variable: string;
  /** Its value for a share of the parent, 0 to 1, or a distance in pixels. */
  readonly value: (share: number, pixels: number) => string;
}

const STEP = 0.03;
const [LEAST, MOST] = [0.12, 0.88];

export function Splitter({ direction, label, variable, value }: SplitterProps): JSX.Element {
  const set = (bar: HTMLElement, share: number) => {
    const parent = bar.parentElement as HTMLElement;
    const size = direction === "columns" ? parent.clientWidth : parent.clientHeight;
    const bounded = Math.min(Math.max(share, LEAST), MOST);
    const text = value(bounded, bounded * size);
    parent.style.setProperty(variable, text);
    bar.dataset["share"] = String(bounded);
    remember(`split${variable}`, text);
  };
  const drag = (event: PointerEvent) => {
    const bar = event.currentTarget as HTMLElement;
    if (!bar.hasPointerCapture(event.pointerId)) return;
    const box = (bar.parentElement as HTMLElement).getBoundingClientRect();
    const share =
      direction === "columns"
        ? (event.clientX - box.left) / box.width
        : (event.clientY - box.top) / box.height;
    set(bar, share);
  };
  const step = (event: KeyboardEvent) => {
    const [less, more] =
      direction === "columns" ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
    const sign = Number(event.key === more) - Number(event.key === less);
    if (sign === 0) return;
    event.preventDefault();
    const bar = event.currentTarget as HTMLElement;
    set(bar, Number(bar.dataset["share"] ?? (direction === "columns" ? 0.2 : 0.5)) + sign * STEP);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: <hr> cannot be dragged
    <div
      role="separator"
      tabIndex={0}
      aria-label={label}
      aria-orientation={direction === "columns" ? "vertical" : "horizontal"}
      aria-valuenow={50}
      class={`splitter ${direction}`}
      ref={(bar) => {
        const text = remembered(`split${variable}`);
        if (bar && text) bar.parentElement?.style.setProperty(variable, text);
      }}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
      onKeyDown={step}
    />
  );
}
