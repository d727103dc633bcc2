/** Keys from the terminal for a pager, which has its own mode for as long as it shows something. */
import {
  AT_FDCWD,
  decodeUtf8,
  ECHO,
  Errno,
  ICANON,
  KernelError,
  O_CLOEXEC,
  O_RDWR,
  SIG_CATCH,
  Signal,
  type Sys,
  TCSADRAIN,
  type Termios,
  VMIN,
  VTIME,
  type WinSize,
} from "../../../kernel/index.ts";
import { print } from "../program.ts";

const CAUGHT = [Signal.SIGWINCH, Signal.SIGINT, Signal.SIGTSTP];

/** Escape sequences by the key's name. */
const KEYS: Readonly<Record<string, string>> = {
  "\u001b[A": "up",
  "\u001bOA": "up",
  "\u001b[B": "down",
  "\u001bOB": "down",
  "\u001b[5~": "page-up",
  "\u001b[6~": "page-down",
  "\u001b[H": "home",
  "\u001bOH": "home",
  "\u001b[1~": "home",
  "\u001b[F": "end",
  "\u001bOF": "end",
  "\u001b[4~": "end",
};

export class Keyboard {
  readonly #sys: Sys;
  readonly #fd: number;
  readonly #before: Termios;
  #typed = "";

  private constructor(sys: Sys, fd: number, before: Termios) {
    this.#sys = sys;
    this.#fd = fd;
    this.#before = before;
  }

  /** Fails where there is no terminal to read from. */
  static async open(sys: Sys): Promise<Keyboard> {
    const fd = await sys.openat(AT_FDCWD, "/dev/tty", O_RDWR | O_CLOEXEC, 0);
    const keyboard = new Keyboard(sys, fd, await sys.tcgets(fd));
    for (const signal of CAUGHT) {
      await sys.rt_sigaction(signal, { handler: SIG_CATCH, mask: 0n, flags: 0 });
    }
    await keyboard.enter();
    return keyboard;
  }

  async enter(): Promise<void> {
    const { lflag, cc } = this.#before;
    const raw = cc.map((value, index) => (index === VMIN ? 1 : index === VTIME ? 0 : value));
    await this.#sys.tcsets(this.#fd, TCSADRAIN, {
      ...this.#before,
      lflag: lflag & ~(ICANON | ECHO),
      cc: raw,
    });
  }

  async leave(): Promise<void> {
    await this.#sys.tcsets(this.#fd, TCSADRAIN, this.#before);
  }

  async size(): Promise<WinSize> {
    const { rows, cols } = await this.#sys.tiocgwinsz(this.#fd);
    return { rows: rows || 24, cols: cols || 80 };
  }

  async show(text: string): Promise<void> {
    await print(this.#sys, text, this.#fd);
  }

  /** The next key: a character, a name such as "up", or "signal" after which all is to be drawn again. */
  async key(): Promise<string> {
    while (this.#typed === "") {
      const buffer = new Uint8Array(64);
      try {
        const count = await this.#sys.read(this.#fd, buffer);
        if (count === 0) return "q";
        this.#typed += decodeUtf8(buffer, 0, count);
      } catch (reason) {
        if (!(reason instanceof KernelError) || reason.errno !== Errno.EINTR) throw reason;
        await this.takeSignals();
        return "signal";
      }
    }
    const sequence = Object.keys(KEYS).find((keys) => this.#typed.startsWith(keys));
    const key = sequence ?? ([...this.#typed][0] as string);
    this.#typed = this.#typed.slice(key.length);
    return KEYS[key] ?? key;
  }

  /** Handles what was caught; a stop is passed on once the terminal is as it was. */
  async takeSignals(): Promise<void> {
    for (;;) {
      const { signal, restoreMask } = await this.#sys.sigtake();
      if (signal === 0) return;
      await this.#sys.rt_sigprocmask(2, restoreMask);
      if (signal !== Signal.SIGTSTP) continue;
      await this.leave();
      await this.#sys.kill(this.#sys.pid, Signal.SIGSTOP);
      await this.enter();
    }
  }
}
