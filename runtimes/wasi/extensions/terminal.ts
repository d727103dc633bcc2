/** host_tty: the terminal on standard input. */
import { KernelError, POLLIN } from "../../../kernel/abi.ts";
import type { ImportFunctions } from "../imports.ts";
import type { ProgramContext } from "../program-context.ts";

const STDIN = 0;
/** On this wire "not a terminal" is Linux's number, not WASI's. */
const WIRE_ENOTTY = 25;
const FOR_EVER = 0xffff_ffff;

// termios(3), x86
const ICRNL = 0o400;
const IXON = 0o2000;
const BRKINT = 0o2;
const INPCK = 0o20;
const ISTRIP = 0o40;
const ECHO = 0o10;
const ICANON = 0o2;
const IEXTEN = 0o100000;
const ISIG = 0o1;
const OPOST = 0o1;
const VTIME = 5;
const VMIN = 6;
const TCSAFLUSH = 2;

export function isTerminal({ sys }: ProgramContext, fd: number): boolean {
  try {
    sys.tcgets(fd);
    return true;
  } catch (reason) {
    if (reason instanceof KernelError) return false;
    throw reason;
  }
}

/** host_tty functions, none of which returns an errno of WASI's. */
export function terminalImports(context: ProgramContext): ImportFunctions {
  const { sys, memory } = context;

  /** What the terminal was like before the program made it raw. */
  let cooked: ReturnType<typeof sys.tcgets> | undefined;

  function orNoTerminal(act: () => void): number {
    try {
      act();
      return 0;
    } catch (reason) {
      if (reason instanceof KernelError) return WIRE_ENOTTY;
      throw reason;
    }
  }

  return {
    /** Bytes read; 0 at the end of input or of the time. */
    read(address: number, length: number, timeout: number): number {
      if (timeout !== FOR_EVER) {
        const nanoseconds = BigInt(timeout) * 1_000_000n;
        const [events] = sys.ppoll([{ fd: STDIN, events: POLLIN }], nanoseconds, undefined);
        if (!events) return 0;
      }
      return sys.read(STDIN, memory.slice(address, length));
    },

    isatty: (fd: number) => (isTerminal(context, fd) ? 1 : 0),

    get_size(fd: number, columns: number, rows: number): number {
      return orNoTerminal(() => {
        const size = sys.tiocgwinsz(fd);
        memory.setU16(columns, size.cols);
        memory.setU16(rows, size.rows);
      });
    },

    set_raw_mode(on: number): number {
      return orNoTerminal(() => {
        const now = sys.tcgets(STDIN);
        if (on === 0) {
          if (cooked) sys.tcsets(STDIN, TCSAFLUSH, cooked);
          cooked = undefined;
          return;
        }
        cooked ??= now;
        const cc = [...now.cc];
        cc[VMIN] = 1;
        cc[VTIME] = 0;
        sys.tcsets(STDIN, TCSAFLUSH, {
          ...now,
          iflag: now.iflag & ~(BRKINT | ICRNL | INPCK | ISTRIP | IXON),
          oflag: now.oflag & ~OPOST,
          lflag: now.lflag & ~(ECHO | ICANON | IEXTEN | ISIG),
          cc,
        });
      });
    },

    set_size(fd: number, columns: number, rows: number): number {
      return orNoTerminal(() => sys.tiocswinsz(fd, { cols: columns, rows }));
    },

    get_pgrp(fd: number, result: number): number {
      return orNoTerminal(() => memory.setU32(result, sys.tiocgpgrp(fd)));
    },

    set_pgrp(fd: number, group: number): number {
      return orNoTerminal(() => sys.tiocspgrp(fd, group | 0));
    },

    get_sid(fd: number, result: number): number {
      return orNoTerminal(() => memory.setU32(result, sys.tiocgsid(fd)));
    },
  };
}
