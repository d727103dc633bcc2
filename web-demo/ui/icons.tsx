/** The page's icons: strokes on a grid of 16, in the colour of the text around them. */
import type { JSX } from "preact";

const PATHS = {
  file: "M4 1.5h5L12.5 5v9.5h-8.5zM9 1.5V5h3.5",
  folder: "M1.5 3.5h4.5l1.5 2h7v8h-13z",
  open: "M1.5 12.5v-9h4.5l1.5 2h5.5v2M1.5 12.5l2-5h11.5l-2.5 6h-11z",
  link: "M6.5 9.5l3-3M7 4.5l1.5-1.5a3 3 0 0 1 4.5 4.5L11.5 9M9 11.5L7.5 13A3 3 0 0 1 3 8.5L4.5 7",
  chevron: "M6 3.5l4.5 4.5L6 12.5",
  terminal: "M1.5 2.5h13v11h-13zM4 6l2.5 2L4 10M8 10.5h4",
  timeline: "M8 2a6 6 0 1 1-5.6 4M2 2.5V6h3.5M8 4.5V8l2.5 1.5",
  system:
    "M4.5 4.5h7v7h-7zM6.5 4.5V2M9.5 4.5V2M6.5 14v-2.5M9.5 14v-2.5M4.5 6.5H2M4.5 9.5H2M14 6.5h-2.5M14 9.5h-2.5",
  editor: "M10.5 2.5l3 3L6 13l-3.5.5L3 10zM9 4l3 3",
  plus: "M8 3v10M3 8h10",
  close: "M4 4l8 8M12 4l-8 8",
  upload: "M8 11V2.5M4.5 6L8 2.5 11.5 6M2.5 11v2.5h11V11",
  uploadFolder: "M1.5 3.5h4.5l1.5 2h7v8h-13zM8 12V8M6 9.5L8 7.5l2 2",
  download: "M8 2.5V11M4.5 7.5L8 11l3.5-3.5M2.5 11v2.5h11V11",
  newFolder: "M1.5 3.5h4.5l1.5 2h7v8h-13zM8 7.5v4M6 9.5h4",
  newFile: "M4 1.5h5L12.5 5v9.5h-8.5zM8.25 7v5M5.75 9.5h5",
  trash: "M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.5 9h7l.5-9M6.5 7v4M9.5 7v4",
  rename: "M2 13.5h12M3.5 10.5l7-7 2 2-7 7-2.5.5z",
  fork: "M4.5 4.5v7M4.5 7.5c0 2 7 1 7-3M3 3a1.5 1.5 0 1 0 3 0 1.5 1.5 0 1 0-3 0M3 13a1.5 1.5 0 1 0 3 0 1.5 1.5 0 1 0-3 0M10 3a1.5 1.5 0 1 0 3 0 1.5 1.5 0 1 0-3 0",
  camera: "M1.5 4.5h3l1-2h5l1 2h3v9h-13zM5.5 8.5a2.5 2.5 0 1 0 5 0 2.5 2.5 0 1 0-5 0",
  restore: "M2.5 8a5.5 5.5 0 1 0 2-4.2M4.5 1v3h3",
  sun: "M5 8a3 3 0 1 0 6 0 3 3 0 1 0-6 0M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
  moon: "M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5z",
  settings:
    "M2 4.5h7M12.5 4.5H14M2 11.5h1.5M7 11.5h7M9 4.5a1.75 1.75 0 1 0 3.5 0 1.75 1.75 0 1 0-3.5 0M3.5 11.5a1.75 1.75 0 1 0 3.5 0 1.75 1.75 0 1 0-3.5 0",
  refresh: "M13.5 8a5.5 5.5 0 1 1-2-4.2M11.5 1v3h-3",
  stop: "M4 4h8v8H4z",
  check: "M3 8.5l3.5 3.5L13 4.5",
  machine: "M2 3h12v8H2zM6 13.5h4M8 11v2.5",
  remote: "M4.5 12a3 3 0 0 1-.3-6A4 4 0 0 1 12 6.2a2.9 2.9 0 0 1-.3 5.8z",
  help: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13M6 6.2a2 2 0 1 1 2.8 1.9c-.6.3-.8.6-.8 1.2M8 11.5v.1",
  broom: "M13.5 2.5L9 7M6.5 6L10 9.5 7 14l-5-5zM4 10.5l1.5-1M5.5 12l1.5-1.5",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }): JSX.Element {
  return (
    <svg
      class={`icon icon-${name}`}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.3"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The animal: a woodlouse, rolled halfway. */
export function Logo({ size = 26 }: { size?: number }): JSX.Element {
  return (
    <svg class="logo" width={size} height={size} viewBox="0 0 32 32" fill="none" aria-hidden="true">
      <g stroke="currentColor" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round">
        <path d="M4 22a12 12 0 0 1 24 0Z" />
        <path d="M10.5 22a15 15 0 0 1 2.5-11.6M16 22V10M21.5 22a15 15 0 0 0-2.5-11.6" />
        <path d="M8.5 22.5v3M13.5 22.5v3M18.5 22.5v3M23.5 22.5v3" />
        <path d="M27.5 18c1.6-.6 2.5-2 2.5-4" />
      </g>
    </svg>
  );
}
