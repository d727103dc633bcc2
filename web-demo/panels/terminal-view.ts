/** One terminal of the machine on an xterm.js screen: bytes, size, colours, title. */

import { signal } from "@preact/signals";
import { FitAddon } from "@xterm/addon-fit";
import { WebLinksAddon } from "@xterm/addon-web-links";
import { Terminal as Screen } from "@xterm/xterm";
import type { Terminal, Vm } from "../../src/browser.ts";
import { confirmed } from "../ui/dialogs.tsx";

/** The sixteen colours, dark and light; the rest come from the page's own. */
const PALETTES = {
  dark: {
    black: "#1d2825",
    red: "#ff8a7a",
    green: "#8ddb8c",
    yellow: "#ffcf70",
    blue: "#7fb8ff",
    magenta: "#d7a6ff",
    cyan: "#5ee6b8",
    white: "#c9d6d1",
    brightBlack: "#6d817a",
    brightRed: "#ffb0a4",
    brightGreen: "#b4f0b3",
    brightYellow: "#ffe3a8",
    brightBlue: "#b0d4ff",
    brightMagenta: "#e8ccff",
    brightCyan: "#a3f5da",
    brightWhite: "#f4faf7",
  },
  light: {
    black: "#16211d",
    red: "#c4321f",
    green: "#2f7a1f",
    yellow: "#8a5a00",
    blue: "#1a5fb4",
    magenta: "#7a3bb8",
    cyan: "#087f5b",
    white: "#50635c",
    brightBlack: "#7b8d86",
    brightRed: "#e0523f",
    brightGreen: "#43963a",
    brightYellow: "#a87400",
    brightBlue: "#3a7fd4",
    brightMagenta: "#9a5bd8",
    brightCyan: "#109f75",
    brightWhite: "#16211d",
  },
};

/** What the tab is called: the shell tells where it is before each prompt. */
const TITLE = `printf '\\033]0;%s\\007' "\${PWD/#"$HOME"/\\~}"`;
const ENVIRONMENT = { COLORTERM: "truecolor", PROMPT_COMMAND: TITLE };

export interface TerminalEvents {
  onTitle(title: string): void;
  /** A link of ours was followed, not one of the machine's. */
  onLink(target: string): void;
}

/** The next key is typed with Ctrl, for keyboards without one. */
export const controlHeld = signal(false);

export class TerminalView {
  readonly #screen: Screen;
  readonly #fit = new FitAddon();
  readonly #sizes: ResizeObserver;
  readonly #events: TerminalEvents;
  /** What our own text links to; a program may print what links it likes, and reaches none of these. */
  readonly #links = new Set<string>();
  #terminal: Terminal | undefined;

  constructor(host: HTMLElement, isDark: boolean, events: TerminalEvents) {
    this.#events = events;
    this.#screen = new Screen({
      allowProposedApi: false,
      cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      fontFamily: getComputedStyle(host).getPropertyValue("--mono"),
      fontSize: 13,
      lineHeight: 1.2,
      // WCAG AA, whatever colours a program chooses.
      minimumContrastRatio: 4.5,
      scrollback: 10_000,
      theme: colours(isDark),
      linkHandler: {
        activate: (_, target) => this.#follow(target),
        allowNonHttpProtocols: true,
      },
    });
    this.#screen.loadAddon(this.#fit);
    this.#screen.loadAddon(new WebLinksAddon((_, address) => openAddress(address)));
    this.#screen.attachCustomKeyEventHandler((event) => this.#isForShell(event));
    this.#screen.onTitleChange((title) => events.onTitle(title));
    this.#screen.open(host);
    this.#sizes = new ResizeObserver(() => this.fit());
    this.#sizes.observe(host);
    this.fit();
  }

  /** Opens a login shell on it. Resolves when that has ended. */
  async run(vm: Vm): Promise<void> {
    const { cols, rows } = this.#screen;
    const terminal = await vm.openTerminal({ cols, rows, env: ENVIRONMENT });
    this.#terminal = terminal;
    terminal.onData((bytes) => this.#screen.write(bytes));
    this.#screen.onData((text) => this.type(text));
    this.#screen.onBinary((text) => this.type(text));
    const resize = (size: { cols: number; rows: number }) =>
      void terminal.resize(size).catch(() => {});
    this.#screen.onResize(resize);
    // The panel may have changed while the shell was opened.
    if (this.#screen.cols !== cols || this.#screen.rows !== rows) resize(this.#screen);
    await terminal.exit;
  }

  type(text: string): void {
    const typed = controlHeld.value && text.length === 1 ? controlKey(text) : text;
    controlHeld.value = false;
    this.#terminal?.write(typed).catch(() => {});
  }

  /** As if pasted: a shell that asks for it learns where it begins and ends. */
  paste(text: string): void {
    this.#screen.paste(text);
  }

  /** Text of ours, not the machine's; `links` are what it may link to. */
  say(text: string, links: readonly string[] = []): void {
    for (const link of links) this.#links.add(link);
    this.#screen.write(text.replaceAll("\n", "\r\n"));
  }

  get columns(): number {
    return this.#screen.cols;
  }

  /** Paints in the page's colours, which may have changed. */
  paint(isDark: boolean): void {
    this.#screen.options.theme = colours(isDark);
  }

  fit(): void {
    const { element } = this.#screen;
    if (!element || element.clientWidth === 0 || element.clientHeight === 0) return;
    this.#fit.fit();
    this.#screen.scrollToBottom();
  }

  focus(): void {
    this.#screen.focus();
  }

  dispose(): void {
    this.#sizes.disconnect();
    // The machine may be gone with all its terminals.
    this.#terminal?.[Symbol.asyncDispose]().catch(() => {});
    this.#screen.dispose();
  }

  /** Ctrl-Shift-C copies, since Ctrl-C interrupts; the browser itself pastes at Ctrl-Shift-V. */
  #isForShell(event: KeyboardEvent): boolean {
    if (!event.ctrlKey || !event.shiftKey) return true;
    if (event.code === "KeyV") return false;
    if (event.code !== "KeyC") return true;
    event.preventDefault();
    const selection = this.#screen.getSelection();
    if (event.type === "keydown" && selection !== "") void navigator.clipboard.writeText(selection);
    return false;
  }

  #follow(target: string): void {
    if (this.#links.has(target)) this.#events.onLink(target);
    else void openHiddenAddress(target);
  }
}

function openAddress(address: string): void {
  window.open(address, "_blank", "noopener,noreferrer");
}

/** Of a link whose text a program chose. */
async function openHiddenAddress(address: string): Promise<void> {
  const isWeb = /^https?:\/\//i.test(address);
  if (!isWeb) return;
  const question = { title: "Open this address?", text: address, act: "Open" };
  if (await confirmed(question)) openAddress(address);
}

function controlKey(text: string): string {
  const code = text.toUpperCase().charCodeAt(0);
  return code >= 0x40 && code < 0x60 ? String.fromCharCode(code & 0x1f) : text;
}

function colours(isDark: boolean): Record<string, string> {
  const style = getComputedStyle(document.documentElement);
  const named = (name: string) => style.getPropertyValue(name).trim();
  return {
    ...PALETTES[isDark ? "dark" : "light"],
    background: named("--surface"),
    foreground: named("--text"),
    cursor: named("--accent"),
    cursorAccent: named("--surface"),
    selectionBackground: named("--accent-soft"),
  };
}
