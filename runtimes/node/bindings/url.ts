/** internalBinding("url"): the standard's URLs, in Ada's shape (node_url.cc). */
import type { BindingFactory } from "../environment.ts";
import { codedError } from "../errors.ts";
import { idnaOf } from "../url/idna.ts";
import { parseInto, parseUrl, State } from "../url/parser.ts";
import { parsePlain } from "../url/plain.ts";
import { serializeUrl, type UrlRecord } from "../url/record.ts";
import { Action, updateUrl } from "../url/update.ts";

export const url: BindingFactory = (env) => {
  const urlComponents = new Uint32Array(9);
  const idna = idnaOf(env);
  const parse = (input: string, base?: string): UrlRecord | undefined => {
    let baseUrl: UrlRecord | undefined;
    if (base !== undefined) {
      baseUrl = parseUrl(base.toWellFormed(), undefined, idna.toAscii);
      if (!baseUrl) return undefined;
    }
    return parseUrl(input.toWellFormed(), baseUrl, idna.toAscii);
  };
  /** A host as the setter of a special URL takes it; empty where it does not. */
  const hostOf = (input: string): string => {
    const blank = parse("ws://x") as UrlRecord;
    const isValid = parseInto(input.toWellFormed(), blank, State.hostname, idna.toAscii);
    return isValid ? (blank.host as string) : "";
  };
  return {
    urlComponents,

    parse(input: string, base: string | undefined, raiseException: boolean): string | undefined {
      if (base === undefined && parsePlain(input, urlComponents)) return input;
      const found = parse(input, base);
      if (found) return serializeUrl(found, urlComponents);
      if (raiseException) throw invalidUrl(input, base);
      return undefined;
    },

    canParse: (input: string, base?: string): boolean =>
      (base === undefined && parsePlain(input, new Uint32Array(9))) ||
      parse(`${input}`, base) !== undefined,

    pathToFileURL(path: string, isWindows: boolean, host?: string): string | undefined {
      const escaped = path.replace(isWindows ? WINDOWS_PATH : POSIX_PATH, escapeCharacter);
      const found = parse(`file://${escaped}`) as UrlRecord;
      const withHost =
        isWindows && host !== undefined
          ? updateUrl(found, Action.kHostname, host, idna.toAscii)
          : found;
      return serializeUrl(withHost ?? found, urlComponents);
    },

    update(href: string, action: number, value: string): string | false {
      const current = parse(href);
      const found = current && updateUrl(current, action, value.toWellFormed(), idna.toAscii);
      return found ? serializeUrl(found, urlComponents) : false;
    },

    format(
      href: string,
      fragment: boolean,
      unicode: boolean,
      search: boolean,
      auth: boolean,
    ): string {
      const found = parse(href);
      if (!found) return href;
      if (unicode && found.host !== null) found.host = idna.toUnicode(found.host);
      return serializeUrl(found, undefined, { fragment, search, auth });
    },

    getOrigin(href: string): string {
      const found = parse(href);
      if (!found) throw invalidUrl(href, undefined);
      return originOf(found, parse);
    },

    domainToASCII: hostOf,
    domainToUnicode: (domain: string) => {
      const host = hostOf(domain);
      return /xn--/.test(host) ? idna.toUnicode(host) : host;
    },
  };
};

function originOf(
  { scheme, host, port, path }: UrlRecord,
  parse: (input: string) => UrlRecord | undefined,
): string {
  if (scheme === "blob" && typeof path === "string") {
    const inner = parse(path);
    return inner && /^https?$/.test(inner.scheme) ? originOf(inner, parse) : "null";
  }
  if (!/^(https?|wss?|ftp)$/.test(scheme)) return "null";
  return `${scheme}://${host}${port === null ? "" : `:${port}`}`;
}

/** What a path's URL has encoded, beyond what the parser encodes. */
const POSIX_PATH = /[\x01-\x20"#%<>?[\\\]^`{|}~]/g;
const WINDOWS_PATH = /[\x01-\x20"#%<>?[\]^`{|}~]/g;

function escapeCharacter(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}

function invalidUrl(input: string, base: string | undefined): TypeError {
  const error = codedError(TypeError, "ERR_INVALID_URL", "Invalid URL") as TypeError &
    Record<string, unknown>;
  error["input"] = input;
  if (base !== undefined) error["base"] = base;
  return error;
}
