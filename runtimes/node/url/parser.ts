/**
 * The basic URL parser, state by state. https://url.spec.whatwg.org/#concept-basic-url-parser
 */
import { type DomainToAscii, parseHost } from "./host.ts";
import { EncodeSet, percentEncode } from "./percent.ts";
import { defaultPort, isSpecial, type UrlRecord } from "./record.ts";

export const State = {
  schemeStart: 0,
  scheme: 1,
  noScheme: 2,
  specialRelativeOrAuthority: 3,
  pathOrAuthority: 4,
  relative: 5,
  relativeSlash: 6,
  specialAuthoritySlashes: 7,
  specialAuthorityIgnoreSlashes: 8,
  authority: 9,
  host: 10,
  hostname: 11,
  port: 12,
  file: 13,
  fileSlash: 14,
  fileHost: 15,
  pathStart: 16,
  path: 17,
  opaquePath: 18,
  query: 19,
  fragment: 20,
} as const;

export type State = (typeof State)[keyof typeof State];

/** Parses a URL; undefined where it is not valid. `input` is well-formed UTF-16. */
export function parseUrl(
  input: string,
  base: UrlRecord | undefined,
  toAscii: DomainToAscii,
): UrlRecord | undefined {
  const trimmed = input.replace(/^[\0-\x20]+|[\0-\x20]+$/g, "");
  const url = emptyUrl();
  return new Parser(trimmed, url, base, toAscii).run(State.schemeStart) ? url : undefined;
}

/** Runs the parser from `state` on a URL that is there: what the setters do. False if it failed. */
export function parseInto(
  input: string,
  url: UrlRecord,
  state: State,
  toAscii: DomainToAscii,
): boolean {
  return new Parser(input, url, undefined, toAscii, state).run(state);
}

function emptyUrl(): UrlRecord {
  return {
    scheme: "",
    ...{ username: "", password: "" },
    ...{ host: null, port: null },
    path: [],
    ...{ query: null, fragment: null },
  };
}

/** What a state answers: go on, stop here with what there is, or the URL is not valid. */
const GO = 0;
const STOP = 1;
const FAIL = 2;
type Outcome = typeof GO | typeof STOP | typeof FAIL;

class Parser {
  readonly #input: string;
  readonly #url: UrlRecord;
  readonly #base: UrlRecord | undefined;
  readonly #toAscii: DomainToAscii;
  readonly #override: State | undefined;
  #state: State = State.schemeStart;
  #at = 0;
  #buffer = "";
  #atSignSeen = false;
  #insideBrackets = false;
  #passwordTokenSeen = false;

  constructor(
    input: string,
    url: UrlRecord,
    base: UrlRecord | undefined,
    toAscii: DomainToAscii,
    override?: State,
  ) {
    this.#input = input.replace(/[\t\n\r]/g, "");
    this.#url = url;
    this.#base = base;
    this.#toAscii = toAscii;
    this.#override = override;
  }

  run(start: State): boolean {
    this.#state = start;
    for (; ; this.#at++) {
      // The end is a character of its own: "".
      const char = this.#input[this.#at] ?? "";
      const outcome = this.#step(char);
      if (outcome === FAIL) return false;
      if (outcome === STOP || this.#at >= this.#input.length) return true;
    }
  }

  #step(char: string): Outcome {
    switch (this.#state) {
      case State.schemeStart:
        return this.#schemeStart(char);
      case State.scheme:
        return this.#scheme(char);
      case State.noScheme:
        return this.#noScheme(char);
      case State.specialRelativeOrAuthority:
        return this.#specialRelativeOrAuthority(char);
      case State.pathOrAuthority:
        return char === "/" ? this.#to(State.authority) : this.#again(State.path);
      case State.relative:
        return this.#relative(char);
      case State.relativeSlash:
        return this.#relativeSlash(char);
      case State.specialAuthoritySlashes:
        if (char === "/" && this.#input[this.#at + 1] === "/") {
          this.#at++;
          return this.#to(State.specialAuthorityIgnoreSlashes);
        }
        return this.#again(State.specialAuthorityIgnoreSlashes);
      case State.specialAuthorityIgnoreSlashes:
        return char === "/" || char === "\\" ? GO : this.#again(State.authority);
      case State.authority:
        return this.#authority(char);
      case State.host:
      case State.hostname:
        return this.#host(char);
      case State.port:
        return this.#port(char);
      case State.file:
        return this.#file(char);
      case State.fileSlash:
        return this.#fileSlash(char);
      case State.fileHost:
        return this.#fileHost(char);
      case State.pathStart:
        return this.#pathStart(char);
      case State.path:
        return this.#path(char);
      case State.opaquePath:
        return this.#opaquePath();
      case State.query:
        return this.#query();
      case State.fragment:
        return this.#fragment();
    }
  }

  #to(state: State): Outcome {
    this.#state = state;
    return GO;
  }

  /** The same character once more, in another state. */
  #again(state: State): Outcome {
    this.#state = state;
    this.#at--;
    return GO;
  }

  get #isSpecial(): boolean {
    return isSpecial(this.#url.scheme);
  }

  #isBackslash(char: string): boolean {
    return char === "\\" && this.#isSpecial;
  }

  #schemeStart(char: string): Outcome {
    if (/^[a-zA-Z]/.test(char)) {
      this.#buffer += char.toLowerCase();
      return this.#to(State.scheme);
    }
    return this.#override === undefined ? this.#again(State.noScheme) : FAIL;
  }

  #scheme(char: string): Outcome {
    if (/^[a-zA-Z0-9+.-]/.test(char)) {
      this.#buffer += char.toLowerCase();
      return GO;
    }
    if (char === ":") return this.#schemeEnd();
    if (this.#override !== undefined) return FAIL;
    this.#buffer = "";
    this.#at = -1;
    return this.#to(State.noScheme);
  }

  #schemeEnd(): Outcome {
    const url = this.#url;
    if (this.#override !== undefined) {
      if (isSpecial(url.scheme) !== isSpecial(this.#buffer)) return STOP;
      const hasLogin = url.username !== "" || url.password !== "";
      if ((hasLogin || url.port !== null) && this.#buffer === "file") return STOP;
      if (url.scheme === "file" && !url.host) return STOP;
    }
    url.scheme = this.#buffer;
    if (this.#override !== undefined) {
      if (url.port === defaultPort(url.scheme)) url.port = null;
      return STOP;
    }
    this.#buffer = "";
    if (url.scheme === "file") return this.#to(State.file);
    if (this.#isSpecial) {
      const isRelative = this.#base?.scheme === url.scheme;
      return this.#to(
        isRelative ? State.specialRelativeOrAuthority : State.specialAuthoritySlashes,
      );
    }
    if (this.#input[this.#at + 1] === "/") {
      this.#at++;
      return this.#to(State.pathOrAuthority);
    }
    url.path = "";
    return this.#to(State.opaquePath);
  }

  #noScheme(char: string): Outcome {
    const base = this.#base;
    if (!base || (typeof base.path === "string" && char !== "#")) return FAIL;
    if (typeof base.path === "string") {
      this.#copyBase(base);
      this.#url.fragment = "";
      return this.#to(State.fragment);
    }
    return this.#again(base.scheme === "file" ? State.file : State.relative);
  }

  #copyBase(base: UrlRecord): void {
    const url = this.#url;
    url.scheme = base.scheme;
    url.username = base.username;
    url.password = base.password;
    url.host = base.host;
    url.port = base.port;
    url.path = typeof base.path === "string" ? base.path : [...base.path];
    url.query = base.query;
  }

  #specialRelativeOrAuthority(char: string): Outcome {
    if (char === "/" && this.#input[this.#at + 1] === "/") {
      this.#at++;
      return this.#to(State.specialAuthorityIgnoreSlashes);
    }
    return this.#again(State.relative);
  }

  #relative(char: string): Outcome {
    const base = this.#base as UrlRecord;
    const url = this.#url;
    url.scheme = base.scheme;
    if (char === "/" || this.#isBackslash(char)) return this.#to(State.relativeSlash);
    this.#copyBase(base);
    return this.#afterBase(char);
  }

  /** What follows a base's path: a query, a fragment, or a path instead of its last segment. */
  #afterBase(char: string, shorten = (): void => this.#shorten()): Outcome {
    const url = this.#url;
    if (char === "?") {
      url.query = "";
      return this.#to(State.query);
    }
    if (char === "#") {
      url.fragment = "";
      return this.#to(State.fragment);
    }
    if (char === "") return GO;
    url.query = null;
    shorten();
    return this.#again(State.path);
  }

  #relativeSlash(char: string): Outcome {
    if (this.#isSpecial && (char === "/" || char === "\\")) {
      return this.#to(State.specialAuthorityIgnoreSlashes);
    }
    if (char === "/") return this.#to(State.authority);
    const { username, password, host, port } = this.#base as UrlRecord;
    Object.assign(this.#url, { username, password, host, port });
    return this.#again(State.path);
  }

  #authority(char: string): Outcome {
    if (char === "@") {
      let login = this.#buffer;
      if (this.#atSignSeen) login = `%40${login}`;
      this.#atSignSeen = true;
      this.#buffer = "";
      this.#login(login);
      return GO;
    }
    const isEnd = char === "" || char === "/" || char === "?" || char === "#";
    if (isEnd || this.#isBackslash(char)) {
      if (this.#atSignSeen && this.#buffer === "") return FAIL;
      this.#at -= this.#buffer.length + 1;
      this.#buffer = "";
      return this.#to(State.host);
    }
    this.#buffer += char;
    return GO;
  }

  #login(text: string): void {
    const url = this.#url;
    let name = text;
    let password = "";
    if (this.#passwordTokenSeen) {
      name = "";
      password = text;
    } else {
      const colon = text.indexOf(":");
      if (colon >= 0) {
        this.#passwordTokenSeen = true;
        name = text.slice(0, colon);
        password = text.slice(colon + 1);
      }
    }
    // The %40 of an earlier @ is encoded already, and what the set has not is not encoded twice.
    url.username += percentEncode(name, EncodeSet.userinfo);
    url.password += percentEncode(password, EncodeSet.userinfo);
  }

  #host(char: string): Outcome {
    const url = this.#url;
    if (this.#override !== undefined && url.scheme === "file") return this.#again(State.fileHost);
    if (char === ":" && !this.#insideBrackets) {
      if (this.#buffer === "") return FAIL;
      if (this.#override === State.hostname) return FAIL;
      if (!this.#takeHost()) return FAIL;
      return this.#to(State.port);
    }
    const isEnd = char === "" || char === "/" || char === "?" || char === "#";
    if (isEnd || this.#isBackslash(char)) {
      this.#at--;
      if (this.#isSpecial && this.#buffer === "") return FAIL;
      const hasLogin = url.username !== "" || url.password !== "";
      if (this.#override !== undefined && this.#buffer === "" && (hasLogin || url.port !== null)) {
        return FAIL;
      }
      if (!this.#takeHost()) return FAIL;
      this.#state = State.pathStart;
      return this.#override === undefined ? GO : STOP;
    }
    if (char === "[") this.#insideBrackets = true;
    if (char === "]") this.#insideBrackets = false;
    this.#buffer += char;
    return GO;
  }

  #takeHost(): boolean {
    const host = parseHost(this.#buffer, !this.#isSpecial, this.#toAscii);
    if (host === undefined) return false;
    this.#url.host = host;
    this.#buffer = "";
    return true;
  }

  #port(char: string): Outcome {
    const url = this.#url;
    if (/^[0-9]/.test(char)) {
      this.#buffer += char;
      return GO;
    }
    const isEnd = char === "" || char === "/" || char === "?" || char === "#";
    if (!isEnd && !this.#isBackslash(char) && this.#override === undefined) return FAIL;
    if (this.#buffer !== "") {
      const port = Number(this.#buffer);
      if (port > 0xffff) return FAIL;
      url.port = port === defaultPort(url.scheme) ? null : port;
      this.#buffer = "";
      if (this.#override !== undefined) return STOP;
    }
    if (this.#override !== undefined) return FAIL;
    return this.#again(State.pathStart);
  }

  #file(char: string): Outcome {
    const url = this.#url;
    url.scheme = "file";
    url.host = "";
    if (char === "/" || char === "\\") return this.#to(State.fileSlash);
    const base = this.#base;
    if (base?.scheme !== "file") return this.#again(State.path);
    url.host = base.host;
    url.path = [...(base.path as string[])];
    url.query = base.query;
    return this.#afterBase(char, () => {
      if (startsWithDriveLetter(this.#input, this.#at)) url.path = [];
      else this.#shorten();
    });
  }

  #fileSlash(char: string): Outcome {
    if (char === "/" || char === "\\") return this.#to(State.fileHost);
    const base = this.#base;
    if (base?.scheme === "file") {
      this.#url.host = base.host;
      const [first] = base.path;
      const isDrive = first !== undefined && /^[a-zA-Z]:$/.test(first);
      if (isDrive && !startsWithDriveLetter(this.#input, this.#at)) {
        (this.#url.path as string[]).push(first);
      }
    }
    return this.#again(State.path);
  }

  #fileHost(char: string): Outcome {
    const url = this.#url;
    if (!/^[/\\?#]?$/.test(char)) {
      this.#buffer += char;
      return GO;
    }
    this.#at--;
    if (this.#override === undefined && /^[a-zA-Z][:|]$/.test(this.#buffer)) {
      return this.#to(State.path);
    }
    if (this.#buffer === "") {
      url.host = "";
      if (this.#override !== undefined) return STOP;
      return this.#to(State.pathStart);
    }
    const host = parseHost(this.#buffer, !this.#isSpecial, this.#toAscii);
    if (host === undefined) return FAIL;
    url.host = host === "localhost" ? "" : host;
    if (this.#override !== undefined) return STOP;
    this.#buffer = "";
    return this.#to(State.pathStart);
  }

  #pathStart(char: string): Outcome {
    const url = this.#url;
    if (this.#isSpecial) {
      this.#state = State.path;
      if (char !== "/" && char !== "\\") this.#at--;
      return GO;
    }
    if (this.#override === undefined && char === "?") {
      url.query = "";
      return this.#to(State.query);
    }
    if (this.#override === undefined && char === "#") {
      url.fragment = "";
      return this.#to(State.fragment);
    }
    if (char !== "") {
      this.#state = State.path;
      if (char !== "/") this.#at--;
    } else if (this.#override !== undefined && url.host === null) {
      (url.path as string[]).push("");
    }
    return GO;
  }

  #path(char: string): Outcome {
    const isSlash = char === "/" || this.#isBackslash(char);
    const isEnd = char === "" || (this.#override === undefined && (char === "?" || char === "#"));
    if (!isSlash && !isEnd) {
      this.#buffer += char;
      return GO;
    }
    this.#segment(isSlash);
    this.#buffer = "";
    if (char === "?" && isEnd) {
      this.#url.query = "";
      return this.#to(State.query);
    }
    if (char === "#" && isEnd) {
      this.#url.fragment = "";
      return this.#to(State.fragment);
    }
    return GO;
  }

  #segment(isSlash: boolean): void {
    const url = this.#url;
    const path = url.path as string[];
    const segment = this.#buffer;
    if (/^(?:\.|%2e){2}$/i.test(segment)) {
      this.#shorten();
      if (!isSlash) path.push("");
    } else if (/^(?:\.|%2e)$/i.test(segment)) {
      if (!isSlash) path.push("");
    } else {
      const isDrive = url.scheme === "file" && path.length === 0 && /^[a-zA-Z][:|]$/.test(segment);
      path.push(isDrive ? `${segment[0]}:` : percentEncode(segment, EncodeSet.path));
    }
  }

  #shorten(): void {
    const { scheme } = this.#url;
    const path = this.#url.path as string[];
    const isDrive = path.length === 1 && /^[a-zA-Z]:$/.test(path[0] as string);
    if (scheme === "file" && isDrive) return;
    path.pop();
  }

  /** The rest at once: up to a query or a fragment. */
  #opaquePath(): Outcome {
    const rest = this.#input.slice(this.#at);
    const end = rest.search(/[?#]/);
    const path = end < 0 ? rest : rest.slice(0, end);
    this.#url.path = percentEncode(path, EncodeSet.c0Control);
    this.#at += path.length;
    const char = this.#input[this.#at] ?? "";
    if (char === "?") {
      this.#url.query = "";
      return this.#to(State.query);
    }
    if (char === "#") {
      this.#url.fragment = "";
      return this.#to(State.fragment);
    }
    return STOP;
  }

  #query(): Outcome {
    const rest = this.#input.slice(this.#at);
    const end = this.#override === undefined ? rest.indexOf("#") : -1;
    const query = end < 0 ? rest : rest.slice(0, end);
    const set = this.#isSpecial ? EncodeSet.specialQuery : EncodeSet.query;
    this.#url.query += percentEncode(query, set);
    this.#at += query.length;
    if (end < 0) return STOP;
    this.#url.fragment = "";
    return this.#to(State.fragment);
  }

  #fragment(): Outcome {
    this.#url.fragment += percentEncode(this.#input.slice(this.#at), EncodeSet.fragment);
    return STOP;
  }
}

/** https://url.spec.whatwg.org/#start-with-a-windows-drive-letter */
function startsWithDriveLetter(input: string, at: number): boolean {
  return /^[a-zA-Z][:|](?:[/\\?#]|$)/.test(input.slice(at, at + 3));
}
