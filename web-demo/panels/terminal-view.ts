/** One terminal of the machine on an xterm.js screen: bytes, size, colours, title. */
import { FitAddon } from "@xterm/addon-fit";
import { Terminal as Screen } from "@xterm/xterm";
import type { Terminal, Vm } from "../../src/browser.ts";

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

export class TerminalView {
  readonly #screen: Screen;
  readonly #fit = new FitAddon();
  readonly #sizes: ResizeObserver;
  #terminal: Terminal | undefined;
  /** The next key is typed with Ctrl, for keyboards without one. */
  control = false;

  constructor(host: HTMLElement, isDark: boolean) {
    this.#screen = new Screen({
      allowProposedApi: false,
      cursorBlink: true,
      fontFamily: getComputedStyle(host).getPropertyValue("--mono"),
      fontSize: 13,
      lineHeight: 1.2,
      scrollback: 10_000,
      screenReaderMode: matchMedia("(prefers-reduced-motion: reduce)").matches,
      theme: colours(isDark),
    });
    this.#screen.loadAddon(this.#fit);
    this.#screen.open(host);
    this.#sizes = new ResizeObserver(() => this.fit());
    this.#sizes.observe(host);
    this.fit();
  }

  /** Opens a login shell on it. Resolves when that has ended. */
  async run(vm: Vm, onTitle: (title: string) => void): Promise<void> {
    const { cols, rows } = this.#screen;
    const terminal = await vm.openTerminal({ cols, rows, env: { COLORTERM: "truecolor" } });
    this.#terminal = terminal;
    terminal.onData((bytes) => this.#screen.write(bytes));
    this.#screen.onData((text) => this.type(text));
    this.#screen.onResize((size) => void terminal.resize(size).catch(() => {}));
    this.#screen.onTitleChange(onTitle);
    await terminal.exit;
  }

  type(text: string): void {
    const typed = this.control && text.length === 1 ? controlKey(text) : text;
    this.control = false;
    this.#terminal?.write(typed).catch(() => {});
  }

  /** Text of ours, not the machine's. */
  say(text: string): void {
    this.#screen.write(text.replaceAll("\n", "\r\n"));
  }

  /** Paints in the page's colours, which may have changed. */
  paint(isDark: boolean): void {
    this.#screen.options.theme = colours(isDark);
  }

  fit(): void {
    const { element } = this.#screen;
    if (element && element.clientWidth > 0 && element.clientHeight > 0) this.#fit.fit();
  }

  focus(): void {
    this.#screen.focus();
  }

  dispose(): void {
    this.#sizes.disconnect();
    void this.#terminal?.[Symbol.asyncDispose]();
    this.#screen.dispose();
  }
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
