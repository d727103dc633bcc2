/** The numbers of termios(3), Linux's, and the settings that a terminal starts with. */
import type { Termios } from "../syscalls/types.ts";

// Input modes
export const ISTRIP = 0o40;
export const INLCR = 0o100;
export const IGNCR = 0o200;
export const ICRNL = 0o400;
export const IUCLC = 0o1000;
export const IXON = 0o2000;
export const IXANY = 0o4000;
export const IMAXBEL = 0o20000;
export const IUTF8 = 0o40000;

// Output modes
export const OPOST = 0o1;
export const OLCUC = 0o2;
export const ONLCR = 0o4;
export const OCRNL = 0o10;
export const ONOCR = 0o20;
export const ONLRET = 0o40;
export const TABDLY = 0o14000;
/** Tabs become spaces (TAB3). */
export const XTABS = 0o14000;

// Control modes
export const CS8 = 0o60;
export const CREAD = 0o200;
const B38400 = 0o17;

// Local modes
export const ISIG = 0o1;
export const ICANON = 0o2;
export const ECHO = 0o10;
export const ECHOE = 0o20;
export const ECHOK = 0o40;
export const ECHONL = 0o100;
export const NOFLSH = 0o200;
export const TOSTOP = 0o400;
export const ECHOCTL = 0o1000;
export const ECHOKE = 0o4000;
export const IEXTEN = 0o100000;

// Indices into cc
export const VINTR = 0;
export const VQUIT = 1;
export const VERASE = 2;
export const VKILL = 3;
export const VEOF = 4;
export const VTIME = 5;
export const VMIN = 6;
export const VSTART = 8;
export const VSTOP = 9;
export const VSUSP = 10;
export const VEOL = 11;
export const VREPRINT = 12;
export const VWERASE = 14;
export const VLNEXT = 15;
export const VEOL2 = 16;
export const NCCS = 32;

/** A control character with this value is switched off (_POSIX_VDISABLE). */
export const DISABLED = 0;

// tcflush(3)
export const TCIFLUSH = 0;
export const TCOFLUSH = 1;
export const TCIOFLUSH = 2;

// tcsetattr(3)
export const TCSANOW = 0;
export const TCSADRAIN = 1;
export const TCSAFLUSH = 2;

/** 38400 bits per second: a speed that some programs ask for, and that limits nothing. */
const SPEED = 38400;

export const DEFAULT_TERMIOS: Termios = {
  iflag: ICRNL | IXON | IUTF8,
  oflag: OPOST | ONLCR,
  cflag: CS8 | CREAD | B38400,
  lflag: ISIG | ICANON | IEXTEN | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE,
  cc: controlCharacters(),
  ispeed: SPEED,
  ospeed: SPEED,
};

/** `termios` with exactly NCCS control characters of one byte each. */
export function normalizedTermios(termios: Termios): Termios {
  const cc = Array.from({ length: NCCS }, (_, i) => (termios.cc[i] ?? 0) & 0xff);
  return { ...termios, cc };
}

function controlCharacters(): number[] {
  const cc = new Array<number>(NCCS).fill(DISABLED);
  cc[VINTR] = 0x03;
  cc[VQUIT] = 0x1c;
  cc[VERASE] = 0x7f;
  cc[VKILL] = 0x15;
  cc[VEOF] = 0x04;
  cc[VTIME] = 0;
  cc[VMIN] = 1;
  cc[VSTART] = 0x11;
  cc[VSTOP] = 0x13;
  cc[VSUSP] = 0x1a;
  cc[VREPRINT] = 0x12;
  cc[VWERASE] = 0x17;
  cc[VLNEXT] = 0x16;
  return cc;
}
