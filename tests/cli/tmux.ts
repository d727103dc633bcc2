/**
 * A real terminal for a test: tmux on a server of its own. Keys go in, the screen comes out; nothing
 * waits for a time, everything for what the screen shows.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Undefined where tmux runs, else why the tests are skipped. */
export function whyNoTmux(): string | undefined {
  const { error, status } = spawnSync("tmux", ["-V"]);
  if (error === undefined && status === 0) return undefined;
  return "tmux is not installed (Debian: apt-get install tmux)";
}

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export class Terminal implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "isopod-tmux-"));
  /** The exit status, once there is one: tmux itself misses the end of a program now and then. */
  readonly #status = join(this.#folder, "status");

  constructor(command: readonly string[], options: TerminalOptions = {}) {
    const { columns = 80, rows = 24, env = {} } = options;
    const size = ["-x", String(columns), "-y", String(rows)];
    const variables = Object.entries(env).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
    // The pane outlives the program, so that its last screen and its status can be read.
    this.#tmux("-f", "/dev/null", "new-session", "-d", ...size, ...variables, "sleep 1000");
    this.#tmux("set-option", "-g", "remain-on-exit", "on");
    this.#tmux("set-option", "-g", "window-size", "manual");
    this.#tmux("set-option", "-g", "status", "off");
    this.#tmux("set-option", "-sg", "escape-time", "0");
    this.#tmux("set-option", "-g", "default-terminal", "tmux-256color");
    this.#tmux("resize-window", ...size);
    const script = `trap : INT; ${command.map(quote).join(" ")}; echo $? > ${this.#status}`;
    this.#tmux("respawn-pane", "-k", ...variables, `sh -c ${quote(script)}`);
  }

  /** Types text as it stands. */
  type(text: string): void {
    this.#tmux("send-keys", "-l", "--", text);
  }

  /** Presses keys by tmux's names: Enter, C-c, Left, BSpace ... */
  press(...keys: string[]): void {
    this.#tmux("send-keys", "--", ...keys);
  }

  resize(columns: number, rows: number): void {
    this.#tmux("resize-window", "-x", String(columns), "-y", String(rows));
  }

  /** What is on the screen, blanks at line ends cut off; with colours as escape sequences if asked. */
  screen(options: { colours?: boolean } = {}): string {
    const flags = options.colours ? ["-e"] : [];
    return this.#tmux("capture-pane", "-p", ...flags)
      .replace(/[ \t]+$/gm, "")
      .trimEnd();
  }

  /** The cursor's column and row, from 0. */
  cursor(): { column: number; row: number } {
    const [column, row] = this.#ask("#{cursor_x} #{cursor_y}").split(" ").map(Number);
    return { column: column as number, row: row as number };
  }

  /** Waits until the screen matches, and returns it. */
  async until(pattern: RegExp | string, timeout = 60_000): Promise<string> {
    const deadline = performance.now() + timeout;
    while (true) {
      const screen = this.screen();
      if (typeof pattern === "string" ? screen.includes(pattern) : pattern.test(screen))
        return screen;
      if (performance.now() > deadline) {
        throw new Error(`the screen never showed ${pattern}:\n${screen}`);
      }
      await new Promise((wake) => setTimeout(wake, 20));
    }
  }

  /**
   * Presses a key that signals until it shows. It waits for the line that was entered to be taken, because
   * the key would drop it, and goes on because before the job is in front the key is the shell's.
   */
  async signalUntil(key: string, expected: RegExp): Promise<string> {
    while (this.cursor().column !== 0) await new Promise((wake) => setTimeout(wake, 20));
    this.press(key);
    const presses = setInterval(() => this.press(key), 300);
    return this.until(expected).finally(() => clearInterval(presses));
  }

  /** Waits for the program's end and returns its exit status. */
  async exit(timeout = 60_000): Promise<number> {
    const deadline = performance.now() + timeout;
    while (true) {
      const status = existsSync(this.#status) ? readFileSync(this.#status, "utf8") : "";
      if (status.endsWith("\n")) return Number(status);
      if (performance.now() > deadline) throw new Error(`still running:\n${this.screen()}`);
      await new Promise((wake) => setTimeout(wake, 20));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#tmux("kill-server");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #ask(format: string): string {
    return this.#tmux("display-message", "-p", format).trim();
  }

  #tmux(...args: string[]): string {
    const env = { ...process.env };
    delete env["TMUX"];
    return execFileSync("tmux", ["-u", "-S", join(this.#folder, "socket"), ...args], {
      encoding: "utf8",
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
  }
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
