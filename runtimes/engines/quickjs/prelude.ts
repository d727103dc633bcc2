/**
 * What runs in every QuickJS before the script: `print`, `console`, `std` and `os`, written in the
 * guest's language on the host's functions. Names and results are those of QuickJS's own modules; what
 * of them is not here throws by its name. It takes what it needs of the globals at once, because the
 * script may replace them.
 * https://bellard.org/quickjs/quickjs.html#Standard-library
 */
import { HOST_NAMES } from "./host-functions.ts";

export const PRELUDE = `(function (host) {
"use strict";
const { String, Number, JSON, Object, Array, Error, TypeError, Math, Map, ArrayBuffer, Uint8Array, Uint32Array, Promise } = globalThis;
const globalEval = globalThis.eval;
const sys = {};
${JSON.stringify(HOST_NAMES)}.forEach((name, index) => { sys[name] = (...args) => host(index, ...args); });
const path = (value) => String(value);
const pair = (result, read = (value) => value) =>
  typeof result === "number" && result < 0 ? [null, -result] : [read(result), 0];
const unsupported = (name) => () => { throw new TypeError(name + " is not supported"); };

// Text

function decode(buffer, offset, length) {
  const bytes = new Uint8Array(buffer, offset, length);
  let text = "", start = 0;
  for (;;) {
    const zero = bytes.indexOf(0, start), end = zero < 0 ? length : zero;
    text += sys.decode(buffer.slice(offset + start, offset + end));
    if (zero < 0) return text;
    text += "\\0";
    start = zero + 1;
  }
}
function put(fd, text) {
  const parts = text.split("\\0");
  for (let i = 0; i < parts.length; i++) {
    if (i > 0) sys.write(fd, new ArrayBuffer(1));
    if (parts[i] === "") continue;
    const result = sys.puts(fd, parts[i]);
    if (result < 0) return result;
  }
  return 0;
}

/** As read(2) and write(2); the host gets and gives copies. */
function readInto(fd, buffer, offset, length) {
  const target = new Uint8Array(buffer, offset, length);
  const bytes = sys.read(fd, length);
  if (typeof bytes === "number") return bytes;
  target.set(new Uint8Array(bytes));
  return bytes.byteLength;
}
const writeFrom = (fd, buffer, offset, length) => sys.write(fd, buffer.slice(offset, offset + length));

function inspect(value, depth, seen) {
  switch (typeof value) {
    case "string": return depth === 0 ? value : JSON.stringify(value);
    case "bigint": return value + "n";
    case "symbol": return value.toString();
    case "function": return "[" + (/^class\\b/.test(Function.prototype.toString.call(value)) ? "class" : "Function") + (value.name ? " " + value.name : " (anonymous)") + "]";
    case "object": break;
    default: return Object.is(value, -0) ? "-0" : String(value);
  }
  if (value === null) return "null";
  if (value instanceof Error) return describe(value).trimEnd();
  if (value instanceof Date) return isNaN(value) ? "Invalid Date" : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (seen.includes(value)) return "[Circular]";
  const name = value.constructor?.name ?? "Object";
  if (depth > 3) return Array.isArray(value) ? "[Array]" : "[" + name + "]";
  const inner = (item) => inspect(item, depth + 1, [...seen, value]);
  const wrap = (open, items, close) => items.length === 0 ? open + close : open + " " + items.join(", ") + " " + close;
  const many = (items) => items.length > 100 ? [...items.slice(0, 100).map(inner), "... " + (items.length - 100) + " more items"] : items.map(inner);
  if (Array.isArray(value)) return wrap("[", many(value), "]");
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return name + "(" + value.length + ") " + wrap("[", many(Array.from(value)), "]");
  if (value instanceof Map) return "Map(" + value.size + ") " + wrap("{", [...value].map(([k, v]) => inner(k) + " => " + inner(v)), "}");
  if (value instanceof Set) return "Set(" + value.size + ") " + wrap("{", many([...value]), "}");
  const entries = Object.keys(value).map((key) => (/^[A-Za-z_$][\\w$]*$/.test(key) ? key : JSON.stringify(key)) + ": " + inner(value[key]));
  return (name === "Object" ? "" : name + " ") + wrap("{", entries, "}");
}
function describe(error) {
  if (!(error instanceof Error)) return "thrown: " + inspect(error, 1, []) + "\\n";
  const stack = typeof error.stack === "string" ? error.stack : "";
  const cause = error.cause === undefined ? "" : "[cause]: " + describe(error.cause);
  return String(error) + "\\n" + stack + cause;
}
const line = (values) => values.map((value) => inspect(value, 0, [])).join(" ") + "\\n";
const say = (fd) => (...values) => { put(fd, line(values)); };
globalThis.print = say(1);
globalThis.console = { log: say(1), info: say(1), debug: say(1), error: say(2), warn: say(2) };

function sprintf(format, ...values) {
  let next = 0;
  return String(format).replace(/%([-+ #0]*)(\\*|\\d+)?(?:\\.(\\*|\\d+))?(?:hh|h|ll|l|z|j|t)?([diuxXocsfFeEgGa%])/g, (_, flags, width, precision, kind) => {
    if (kind === "%") return "%";
    if (width === "*") width = values[next++];
    if (precision === "*") precision = values[next++];
    const value = values[next++];
    let text = formatted(kind, value, precision === undefined ? undefined : Number(precision), flags);
    const isNumber = !"cs".includes(kind);
    if (isNumber && !text.startsWith("-")) {
      if (flags.includes("+")) text = "+" + text;
      else if (flags.includes(" ")) text = " " + text;
    }
    const size = Number(width ?? 0);
    if (text.length >= size) return text;
    if (flags.includes("-")) return text.padEnd(size);
    if (!flags.includes("0") || !isNumber) return text.padStart(size);
    const sign = /^[-+ ]/.test(text) ? text[0] : "";
    return sign + text.slice(sign.length).padStart(size - sign.length, "0");
  });
}
function formatted(kind, value, precision, flags) {
  const whole = () => typeof value === "bigint" ? value : Math.trunc(Number(value)) || 0;
  const unsigned = () => { const n = whole(); return typeof n === "number" && n < 0 ? n >>> 0 : n; };
  const digits = (text) => { const minus = text[0] === "-" ? "-" : ""; return minus + text.slice(minus.length).padStart(precision ?? 1, "0"); };
  const exponent = (text) => text.replace(/e([+-])(\\d)$/, "e$10$2");
  switch (kind) {
    case "d": case "i": return digits(String(whole()));
    case "u": return digits(String(unsigned()));
    case "x": return (flags.includes("#") ? "0x" : "") + digits(unsigned().toString(16));
    case "X": return (flags.includes("#") ? "0X" : "") + digits(unsigned().toString(16).toUpperCase());
    case "o": return (flags.includes("#") ? "0" : "") + digits(unsigned().toString(8));
    case "c": return typeof value === "string" ? value : String.fromCodePoint(Number(value));
    case "s": return precision === undefined ? String(value) : String(value).slice(0, precision);
    case "f": case "F": return Number(value).toFixed(precision ?? 6);
    case "e": return exponent(Number(value).toExponential(precision ?? 6));
    case "E": return exponent(Number(value).toExponential(precision ?? 6)).toUpperCase();
    default: {
      const number = Number(value), most = precision === 0 ? 1 : precision ?? 6;
      if (number === 0 || !isFinite(number)) return String(number);
      const power = Math.floor(Math.log10(Math.abs(Number(number.toPrecision(most)))));
      const trim = (text) => flags.includes("#") ? text : text.replace(/\\.?0+(?=e|$)/, "");
      const plain = power >= -4 && power < most;
      const text = plain ? number.toFixed(Math.max(0, most - 1 - power)) : exponent(number.toExponential(most - 1));
      const result = text.includes(".") ? trim(text) : text;
      return kind === "G" ? result.toUpperCase() : result;
    }
  }
}

// std

const Errors = { EPERM: 1, ENOENT: 2, EIO: 5, EBADF: 9, EACCES: 13, EBUSY: 16, EEXIST: 17, ENOTDIR: 20, EISDIR: 21, EINVAL: 22, ENOSPC: 28, EPIPE: 32, ENOSYS: 38, ENOTEMPTY: 39 };
const MESSAGES = { 1: "Operation not permitted", 2: "No such file or directory", 3: "No such process", 5: "Input/output error", 8: "Exec format error", 9: "Bad file descriptor", 10: "No child processes", 11: "Resource temporarily unavailable", 12: "Cannot allocate memory", 13: "Permission denied", 16: "Device or resource busy", 17: "File exists", 18: "Invalid cross-device link", 20: "Not a directory", 21: "Is a directory", 22: "Invalid argument", 24: "Too many open files", 25: "Inappropriate ioctl for device", 27: "File too large", 28: "No space left on device", 29: "Illegal seek", 30: "Read-only file system", 32: "Broken pipe", 36: "File name too long", 38: "Function not implemented", 39: "Directory not empty", 40: "Too many levels of symbolic links" };
const BUFFER = 4096;

class FILE {
  #fd; #child; #buffer = new ArrayBuffer(BUFFER); #at = 0; #end = 0; #eof = false; #error = false;
  constructor(fd, child) { this.#fd = fd; this.#child = child; }
  #noted(result) { if (result < 0) { this.#error = true; return 0; } return result; }
  #fill() {
    this.#at = 0;
    this.#end = this.#noted(readInto(this.#fd, this.#buffer, 0, BUFFER));
    if (this.#end === 0) this.#eof = true;
    return this.#end > 0;
  }
  /** Gives back what was read ahead, so that the descriptor stands where the reader does. */
  #settle() {
    if (this.#at < this.#end) sys.seek(this.#fd, this.#at - this.#end, std.SEEK_CUR);
    this.#at = this.#end = 0;
  }
  close() {
    if (this.#fd < 0) return -Errors.EBADF;
    const result = sys.close(this.#fd);
    this.#fd = -1;
    return this.#child === undefined ? result : statusOf(waited(this.#child));
  }
  puts(...values) { this.#settle(); for (const value of values) this.#noted(put(this.#fd, String(value))); }
  printf(format, ...values) { const text = sprintf(format, ...values); this.puts(text); return text.length; }
  flush() { return 0; }
  seek(offset, whence) {
    this.#settle();
    const result = sys.seek(this.#fd, Number(offset), whence);
    if (result < 0) return result;
    this.#eof = false;
    return 0;
  }
  tell() { const at = sys.seek(this.#fd, 0, std.SEEK_CUR); return at < 0 ? at : at - (this.#end - this.#at); }
  tello() { return BigInt(this.tell()); }
  eof() { return this.#eof; }
  fileno() { return this.#fd; }
  error() { return this.#error; }
  clearerr() { this.#error = this.#eof = false; }
  read(buffer, position, length) {
    let done = 0;
    while (done < length) {
      if (this.#at === this.#end && !this.#fill()) break;
      const count = Math.min(length - done, this.#end - this.#at);
      new Uint8Array(buffer, position + done, count).set(new Uint8Array(this.#buffer, this.#at, count));
      this.#at += count;
      done += count;
    }
    return done;
  }
  write(buffer, position, length) {
    this.#settle();
    let done = 0;
    while (done < length) {
      const count = this.#noted(writeFrom(this.#fd, buffer, position + done, length - done));
      if (count <= 0) break;
      done += count;
    }
    return done;
  }
  #until(isLast, most) {
    let parts = new Uint8Array(BUFFER), size = 0;
    while (size < most) {
      const byte = this.getByte();
      if (byte < 0) break;
      if (isLast(byte)) return [parts, size, true];
      if (size === parts.length) { const larger = new Uint8Array(size * 2); larger.set(parts); parts = larger; }
      parts[size++] = byte;
    }
    return [parts, size, false];
  }
  getline() {
    const [bytes, size, ended] = this.#until((byte) => byte === 10, Infinity);
    return size === 0 && !ended ? null : decode(bytes.buffer, 0, size);
  }
  readAsString(most = Infinity) {
    const [bytes, size] = this.#until(() => false, most);
    return decode(bytes.buffer, 0, size);
  }
  getByte() {
    if (this.#at === this.#end && !this.#fill()) return -1;
    return new Uint8Array(this.#buffer)[this.#at++];
  }
  putByte(byte) { return this.write(new Uint8Array([byte]).buffer, 0, 1) === 1 ? byte & 255 : -1; }
}

function opened(fd, errorObj, child) {
  if (errorObj) errorObj.errno = fd < 0 ? -fd : 0;
  return fd < 0 ? null : new FILE(fd, child);
}
const MODES = { r: 0, "r+": 2, w: 0o1101, "w+": 0o1102, a: 0o2101, "a+": 0o2102 };
function modeOf(flags) {
  const exclusive = flags.includes("x") ? 0o200 : 0;
  const mode = MODES[flags.replace(/[bx]/g, "")];
  if (mode === undefined) throw new TypeError("invalid file mode");
  return mode | exclusive;
}

let environment = {};
const std = {
  SEEK_SET: 0, SEEK_CUR: 1, SEEK_END: 2, Error: Errors,
  exit(status = 0) { sys.exit(Number(status) & 255); },
  gc() {},
  evalScript: (code) => (0, globalEval)(String(code)),
  loadScript(name) { const text = std.loadFile(name); if (text === null) throw new ReferenceError("could not load '" + name + "'"); return (0, globalEval)(text); },
  loadFile(name, errorObj) {
    const bytes = sys.readFile(path(name));
    if (errorObj) errorObj.errno = bytes < 0 ? -bytes : 0;
    return typeof bytes === "number" ? null : decode(bytes, 0, bytes.byteLength);
  },
  writeFile(name, data) {
    const file = std.open(name, "w");
    if (file === null) throw new Error("could not open '" + name + "'");
    if (data instanceof ArrayBuffer) file.write(data, 0, data.byteLength);
    else if (ArrayBuffer.isView(data)) file.write(data.buffer, data.byteOffset, data.byteLength);
    else file.puts(data);
    file.close();
  },
  open: (name, flags = "r", errorObj) => opened(sys.open(path(name), modeOf(String(flags)), 0o666), errorObj),
  fdopen: (fd, flags, errorObj) => opened(Number(fd), errorObj),
  popen(command, flags = "r", errorObj) {
    const [read, write] = os.pipe(), reads = String(flags).startsWith("r");
    const [own, other] = reads ? [read, write] : [write, read];
    const pid = spawned(["sh", "-c", String(command)], { [reads ? "stdout" : "stdin"]: other });
    sys.close(other);
    if (pid < 0) { sys.close(own); return opened(pid, errorObj); }
    return opened(own, errorObj, pid);
  },
  puts: (...values) => { std.out.puts(...values); },
  printf: (format, ...values) => std.out.printf(format, ...values),
  sprintf,
  getenv: (name) => environment[name],
  setenv(name, value) { environment[name] = String(value); },
  unsetenv(name) { delete environment[name]; },
  getenviron: () => ({ ...environment }),
  strerror: (errno) => MESSAGES[errno] ?? "Unknown error " + errno,
  in: new FILE(0), out: new FILE(1), err: new FILE(2),
  tmpfile: unsupported("std.tmpfile"), urlGet: unsupported("std.urlGet"), parseExtJSON: unsupported("std.parseExtJSON"),
};

// os

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGILL: 4, SIGABRT: 6, SIGFPE: 8, SIGKILL: 9, SIGUSR1: 10, SIGSEGV: 11, SIGUSR2: 12, SIGPIPE: 13, SIGALRM: 14, SIGTERM: 15, SIGCHLD: 17, SIGCONT: 18, SIGSTOP: 19, SIGTSTP: 20, SIGTTIN: 21, SIGTTOU: 22 };
function spawned(args, { file, usePath = true, cwd, env, stdin = 0, stdout = 1, stderr = 2 } = {}) {
  const envp = Object.entries(env ?? environment).map(([name, value]) => name + "=" + value);
  return sys.exec(JSON.stringify({ args: args.map(String), env: envp, file, usePath, cwd, fds: [stdin, stdout, stderr] }));
}
function waited(pid, options = 0) {
  const result = sys.waitpid(pid, options);
  return typeof result === "number" ? [result, 0] : JSON.parse(result);
}
const statusOf = ([pid, status]) => pid < 0 ? pid : status & 127 ? -(status & 127) : status >> 8 & 255;

const timers = new Map();
let lastTimer = 0;
const os = {
  O_RDONLY: 0, O_WRONLY: 1, O_RDWR: 2, O_CREAT: 0o100, O_EXCL: 0o200, O_TRUNC: 0o1000, O_APPEND: 0o2000, O_TEXT: 0,
  S_IFMT: 0o170000, S_IFIFO: 0o10000, S_IFCHR: 0o20000, S_IFDIR: 0o40000, S_IFBLK: 0o60000, S_IFREG: 0o100000, S_IFSOCK: 0o140000, S_IFLNK: 0o120000, S_ISGID: 0o2000, S_ISUID: 0o4000,
  WNOHANG: 1, platform: "linux", ...SIGNALS,
  open: (name, flags, mode = 0o666) => sys.open(path(name), Number(flags), Number(mode)),
  close: (fd) => sys.close(Number(fd)),
  seek: (fd, offset, whence) => sys.seek(Number(fd), Number(offset), Number(whence)),
  read: (fd, buffer, offset, length) => readInto(Number(fd), buffer, Number(offset), Number(length)),
  write: (fd, buffer, offset, length) => writeFrom(Number(fd), buffer, Number(offset), Number(length)),
  isatty: (fd) => sys.isatty(Number(fd)) === 1,
  ttyGetWinSize(fd) { const size = sys.winsize(Number(fd)); return typeof size === "number" ? null : JSON.parse(size); },
  remove: (name) => sys.remove(path(name)),
  rename: (from, to) => sys.rename(path(from), path(to)),
  realpath: (name) => pair(sys.realpath(path(name))),
  getcwd: () => pair(sys.getcwd()),
  chdir: (name) => sys.chdir(path(name)),
  mkdir: (name, mode = 0o777) => sys.mkdir(path(name), Number(mode)),
  stat: (name) => pair(sys.stat(path(name), 1), JSON.parse),
  lstat: (name) => pair(sys.stat(path(name), 0), JSON.parse),
  utimes: (name, atime, mtime) => sys.utimes(path(name), Number(atime), Number(mtime)),
  symlink: (target, name) => sys.symlink(path(target), path(name)),
  readlink: (name) => pair(sys.readlink(path(name))),
  readdir: (name) => pair(sys.readdir(path(name)), JSON.parse),
  exec(args, options = {}) {
    const pid = spawned([...args], options);
    return pid < 0 || options.block === false ? pid : statusOf(waited(pid));
  },
  waitpid: (pid, options = 0) => waited(Number(pid), Number(options)),
  kill: (pid, signal) => sys.kill(Number(pid), Number(signal)),
  getpid: () => sys.getpid(),
  pipe() { const ends = sys.pipe(); return typeof ends === "number" ? null : JSON.parse(ends); },
  dup: (fd) => sys.dup(Number(fd)),
  dup2: (fd, wanted) => sys.dup2(Number(fd), Number(wanted)),
  sleep: (milliseconds) => sys.sleep(Number(milliseconds)),
  sleepAsync: (milliseconds) => new Promise((resolve) => { os.setTimeout(resolve, milliseconds); }),
  now: () => sys.now(),
  setTimeout(callback, delay = 0, ...args) {
    timers.set(++lastTimer, { at: sys.now() + Math.max(0, Number(delay) || 0), run: () => callback(...args) });
    return lastTimer;
  },
  clearTimeout(timer) { timers.delete(timer); },
};
for (const name of ["signal", "setReadHandler", "setWriteHandler", "ttySetRaw", "Worker"]) os[name] = unsupported("os." + name);
globalThis.setTimeout = os.setTimeout;
globalThis.clearTimeout = os.clearTimeout;
globalThis.std = std;
globalThis.os = os;

const earliest = () => [...timers].reduce((least, timer) => least === undefined || timer[1].at < least[1].at ? timer : least, undefined);
function nextTimer() { return earliest() === undefined ? "-1" : "0"; }
/** Sleeps until the next timer is due, and runs that one. */
function fireTimers() {
  const [id, { at, run }] = earliest();
  const rest = at - sys.now();
  if (rest > 0) sys.sleep(Math.ceil(rest));
  timers.delete(id);
  run();
  return "";
}

/** Makes one copy of the heap differ from all others. */
function begin(settings) {
  const { args, env, seed, modules } = JSON.parse(settings);
  globalThis.scriptArgs = args;
  environment = env;
  const [a, b, c, d] = [0, 1, 2, 3], state = new Uint32Array(seed);
  const next = () => {
    const t = state[a] + state[b] + state[d];
    state[d] += 1;
    state[a] = state[b] ^ state[b] >>> 9;
    state[b] = state[c] + (state[c] << 3);
    state[c] = (state[c] << 21 | state[c] >>> 11) + t;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  Math.random = () => (next() >>> 5) * 2 ** -27 + (next() >>> 6) * 2 ** -53;
  return "";
}
return [begin, describe, nextTimer, fireTimers];
})`;

/** The modules `std` and `os`, as their source. */
export const BUILT_IN_MODULES: ReadonlyMap<string, string> = new Map(
  Object.entries({ std: stdNames(), os: osNames() }).map(([name, exported]) => [
    name,
    exported.map((key) => `const $${key} = globalThis.${name}.${key};`).join("") +
      `export { ${exported.map((key) => `$${key} as ${key}`).join(", ")} };`,
  ]),
);

function stdNames(): string[] {
  return "SEEK_SET SEEK_CUR SEEK_END Error exit gc evalScript loadScript loadFile writeFile open fdopen popen puts printf sprintf getenv setenv unsetenv getenviron strerror in out err tmpfile urlGet parseExtJSON".split(
    " ",
  );
}

function osNames(): string[] {
  return "O_RDONLY O_WRONLY O_RDWR O_CREAT O_EXCL O_TRUNC O_APPEND O_TEXT S_IFMT S_IFIFO S_IFCHR S_IFDIR S_IFBLK S_IFREG S_IFSOCK S_IFLNK S_ISGID S_ISUID WNOHANG platform SIGHUP SIGINT SIGQUIT SIGILL SIGABRT SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM SIGTERM SIGCHLD SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU open close seek read write isatty ttyGetWinSize ttySetRaw remove rename realpath getcwd chdir mkdir stat lstat utimes symlink readlink readdir exec waitpid kill getpid pipe dup dup2 sleep sleepAsync now setTimeout clearTimeout signal setReadHandler setWriteHandler Worker".split(
    " ",
  );
}
