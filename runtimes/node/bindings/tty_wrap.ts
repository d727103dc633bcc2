/** internalBinding("tty_wrap"): a terminal as a stream, its modes and its size. */
import {
  CS8,
  ECHO,
  F_GETFL,
  ICANON,
  ICRNL,
  IEXTEN,
  ISIG,
  ISTRIP,
  IXON,
  O_ACCMODE,
  O_RDONLY,
  O_WRONLY,
  ONLCR,
  RWF_NOWAIT,
  TCSADRAIN,
  type Termios,
  VMIN,
  VTIME,
} from "../../../kernel/abi.ts";
import type { BindingFactory } from "../environment.ts";
import { uvErrno, uvErrorName, uvErrorText } from "../errors.ts";
import { isTerminal } from "./handle-type.ts";
import { LibuvStream } from "./stream_wrap/libuv-stream.ts";

export const ttyWrap: BindingFactory = (env) => {
  /** The terminal whose mode was changed, and the mode that it gets back when the process ends. */
  let changed: { readonly fd: number; readonly termios: Termios } | undefined;
  const reset = () => {
    const last = changed;
    changed = undefined;
    if (last) quietly(() => env.sys.tcsets(last.fd, TCSADRAIN, last.termios));
  };
  env.onExit(reset);

  class TTY extends LibuvStream {
    #normal: Termios | undefined;
    #blocks = false;

    constructor(fd: number, context: Record<string, unknown>) {
      super(env, "TTYWRAP");
      try {
        env.sys.tcgets(fd);
        const access = env.sys.fcntl(fd, F_GETFL, 0) & O_ACCMODE;
        this.attach(fd, access !== O_WRONLY, access !== O_RDONLY);
      } catch (reason) {
        const errno = uvErrno(reason);
        context["errno"] = errno;
        context["code"] = uvErrorName(errno);
        context["message"] = uvErrorText(errno);
        context["syscall"] = "uv_tty_init";
      }
    }

    getWindowSize(size: number[]): number {
      try {
        const { cols, rows } = env.sys.tiocgwinsz(this.descriptor());
        size[0] = cols;
        size[1] = rows;
        return 0;
      } catch (reason) {
        return uvErrno(reason);
      }
    }

    setRawMode(on: boolean): number {
      const fd = this.descriptor();
      try {
        if (on === (this.#normal !== undefined)) return 0;
        if (on) {
          const normal = env.sys.tcgets(fd);
          env.sys.tcsets(fd, TCSADRAIN, raw(normal));
          this.#normal = normal;
          changed ??= { fd, termios: normal };
        } else {
          env.sys.tcsets(fd, TCSADRAIN, this.#normal as Termios);
          this.#normal = undefined;
        }
        return 0;
      } catch (reason) {
        return uvErrno(reason);
      }
    }

    protected changeBlocking(enable: boolean): number {
      this.#blocks = enable;
      return 0;
    }

    // The terminal is shared with others, whose descriptors must go on to wait: so each call says that
    // it does not.
    protected override receive(target: Uint8Array): number {
      return env.sys.preadv2(this.descriptor(), target, -1, RWF_NOWAIT);
    }

    protected override send(bytes: Uint8Array): number {
      return env.sys.pwritev2(this.descriptor(), bytes, -1, this.#blocks ? 0 : RWF_NOWAIT);
    }
  }

  return { TTY, isTTY: (fd: number) => isTerminal(env, fd) };
};

const BRKINT = 0o2;
const INPCK = 0o20;

/** libuv's UV_TTY_MODE_RAW: every key as it is typed, signals' keys too; output still ends its lines. */
function raw(normal: Termios): Termios {
  const cc = [...normal.cc];
  cc[VMIN] = 1;
  cc[VTIME] = 0;
  return {
    ...normal,
    iflag: normal.iflag & ~(BRKINT | ICRNL | INPCK | ISTRIP | IXON),
    oflag: normal.oflag | ONLCR,
    cflag: normal.cflag | CS8,
    lflag: normal.lflag & ~(ECHO | ICANON | IEXTEN | ISIG),
    cc,
  };
}

function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // The terminal is gone, and the process about to be.
  }
}
