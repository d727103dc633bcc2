/** The names of stty(1), and the bits of termios(3) that stand behind them: Linux's. */
import type { Termios } from "../../kernel/index.ts";

export type FlagField = "cflag" | "iflag" | "oflag" | "lflag";

/** A setting of one bit, or of one value among some. */
export interface Setting {
  readonly name: string;
  readonly field: FlagField;
  readonly mask: number;
  readonly value: number;
  /** One of several values: has no "-name". */
  readonly choice: boolean;
  /** What a sane terminal has; undefined: `stty sane` leaves it. */
  readonly sane: boolean | undefined;
}

function bit(name: string, field: FlagField, mask: number, sane?: boolean): Setting {
  return { name, field, mask, value: mask, choice: false, sane };
}

function choice(name: string, field: FlagField, mask: number, value: number, sane?: boolean) {
  return { name, field, mask, value, choice: true, sane };
}

/** In the order in which `stty -a` prints them; choices that are not in use are left out there. */
export const SETTINGS: readonly Setting[] = [
  bit("parenb", "cflag", 0o400),
  bit("parodd", "cflag", 0o1000),
  bit("cmspar", "cflag", 0o10000000000),
  choice("cs5", "cflag", 0o60, 0),
  choice("cs6", "cflag", 0o60, 0o20),
  choice("cs7", "cflag", 0o60, 0o40),
  choice("cs8", "cflag", 0o60, 0o60),
  bit("hupcl", "cflag", 0o2000),
  bit("cstopb", "cflag", 0o100),
  bit("cread", "cflag", 0o200, true),
  bit("clocal", "cflag", 0o4000),
  bit("crtscts", "cflag", 0o20000000000),
  bit("ignbrk", "iflag", 0o1, false),
  bit("brkint", "iflag", 0o2),
  bit("ignpar", "iflag", 0o4),
  bit("parmrk", "iflag", 0o10),
  bit("inpck", "iflag", 0o20),
  bit("istrip", "iflag", 0o40),
  bit("inlcr", "iflag", 0o100, false),
  bit("igncr", "iflag", 0o200, false),
  bit("icrnl", "iflag", 0o400, true),
  bit("ixon", "iflag", 0o2000),
  bit("ixoff", "iflag", 0o10000, false),
  bit("iuclc", "iflag", 0o1000, false),
  bit("ixany", "iflag", 0o4000, false),
  bit("imaxbel", "iflag", 0o20000),
  bit("iutf8", "iflag", 0o40000),
  bit("opost", "oflag", 0o1, true),
  bit("olcuc", "oflag", 0o2, false),
  bit("ocrnl", "oflag", 0o10, false),
  bit("onlcr", "oflag", 0o4, true),
  bit("onocr", "oflag", 0o20, false),
  bit("onlret", "oflag", 0o40, false),
  bit("ofill", "oflag", 0o100, false),
  bit("ofdel", "oflag", 0o200, false),
  choice("nl0", "oflag", 0o400, 0, true),
  choice("nl1", "oflag", 0o400, 0o400),
  choice("cr0", "oflag", 0o3000, 0, true),
  choice("cr1", "oflag", 0o3000, 0o1000),
  choice("cr2", "oflag", 0o3000, 0o2000),
  choice("cr3", "oflag", 0o3000, 0o3000),
  choice("tab0", "oflag", 0o14000, 0, true),
  choice("tab1", "oflag", 0o14000, 0o4000),
  choice("tab2", "oflag", 0o14000, 0o10000),
  choice("tab3", "oflag", 0o14000, 0o14000),
  choice("bs0", "oflag", 0o20000, 0, true),
  choice("bs1", "oflag", 0o20000, 0o20000),
  choice("vt0", "oflag", 0o40000, 0, true),
  choice("vt1", "oflag", 0o40000, 0o40000),
  choice("ff0", "oflag", 0o100000, 0, true),
  choice("ff1", "oflag", 0o100000, 0o100000),
  bit("isig", "lflag", 0o1, true),
  bit("icanon", "lflag", 0o2, true),
  bit("iexten", "lflag", 0o100000, true),
  bit("echo", "lflag", 0o10, true),
  bit("echoe", "lflag", 0o20, true),
  bit("echok", "lflag", 0o40, true),
  bit("echonl", "lflag", 0o100, false),
  bit("noflsh", "lflag", 0o200, false),
  bit("xcase", "lflag", 0o4, false),
  bit("tostop", "lflag", 0o400, false),
  bit("echoprt", "lflag", 0o2000, false),
  bit("echoctl", "lflag", 0o1000, true),
  bit("echoke", "lflag", 0o4000, true),
  bit("flusho", "lflag", 0o10000, false),
  bit("extproc", "lflag", 0o200000, false),
];

/** Control characters: index into cc, and the sane value. In the order of `stty -a`. */
export const CHARACTERS: readonly [name: string, index: number, sane: number][] = [
  ["intr", 0, 0x03],
  ["quit", 1, 0x1c],
  ["erase", 2, 0x7f],
  ["kill", 3, 0x15],
  ["eof", 4, 0x04],
  ["eol", 11, 0],
  ["eol2", 16, 0],
  ["swtch", 7, 0],
  ["start", 8, 0x11],
  ["stop", 9, 0x13],
  ["susp", 10, 0x1a],
  ["rprnt", 12, 0x12],
  ["werase", 14, 0x17],
  ["lnext", 15, 0x16],
  ["discard", 13, 0x0f],
];

/** Counts beside the control characters. */
export const COUNTS: readonly [name: string, index: number, sane: number][] = [
  ["min", 6, 1],
  ["time", 5, 0],
];

/** Settings under one name: what they stand for, and what their negation does. */
export const COMBINATIONS: Readonly<Record<string, { on: string[]; off?: string[] }>> = {
  cooked: { on: cooked(), off: raw() },
  raw: { on: raw(), off: cooked() },
  cbreak: { on: ["-icanon"], off: ["icanon"] },
  crt: { on: ["echoe", "echoctl", "echoke"] },
  dec: { on: ["echoe", "echoctl", "echoke", "-ixany"] },
  ek: { on: ["erase", "^?", "kill", "^U"] },
  nl: { on: ["-icrnl", "-onlcr"], off: ["icrnl", "-inlcr", "-igncr", "onlcr"] },
  evenp: { on: ["parenb", "-parodd", "cs7"], off: ["-parenb", "cs8"] },
  oddp: { on: ["parenb", "parodd", "cs7"], off: ["-parenb", "cs8"] },
  pass8: { on: ["-parenb", "-istrip", "cs8"], off: ["parenb", "istrip", "cs7"] },
  tabs: { on: ["tab0"], off: ["tab3"] },
  decctlq: { on: ["-ixany"], off: ["ixany"] },
};

function cooked(): string[] {
  return ["brkint", "ignpar", "icrnl", "ixon", "opost", "isig", "icanon", "eof", "^D"];
}

function raw(): string[] {
  return [
    ..."ignbrk brkint ignpar parmrk inpck istrip inlcr igncr icrnl ixon ixoff iuclc ixany imaxbel"
      .split(" ")
      .map((name) => `-${name}`),
    ..."opost isig icanon xcase".split(" ").map((name) => `-${name}`),
    "min",
    "1",
    "time",
    "0",
  ];
}

/** Other names for the same. */
export const ALIASES: Readonly<Record<string, string>> = {
  crterase: "echoe",
  crtkill: "echoke",
  ctlecho: "echoctl",
  hup: "hupcl",
  prterase: "echoprt",
  tandem: "ixoff",
};

export function isOn(termios: Termios, { field, mask, value }: Setting): boolean {
  return (termios[field] & mask) >>> 0 === value >>> 0;
}
