/**
 * URLs that need no parser: absolute, in lower case, with nothing to encode or to resolve. Most that a
 * program makes are of this kind, and every module's URL is.
 */
import { Component, OMITTED, schemeType } from "./record.ts";

// A host that ends in a digit could be an address, one with "xn--" is checked.
const PLAIN =
  /^(https?|wss?|ftp|file):\/\/((?:[a-z0-9-]+\.)*[a-z0-9-]*[a-z-])?(?::([1-9][0-9]{0,4}))?(\/[!$&'()*+,\-./0-9:;=@A-Z[\\\]_a-z|~%^]*)(\?[!$&()*+,\-./0-9:;=?@A-Z[\\\]^_`a-z{|}~%]*)?(#[!#$%&'()*+,\-./0-9:;=?@A-Z[\\\]^_a-z{|}~]*)?$/;
const DEFAULT_PORTS: Readonly<Record<string, string>> = {
  http: "80",
  https: "443",
  ws: "80",
  wss: "443",
  ftp: "21",
};

/** Whether `href` is its own serialization; where its parts are goes to `components`. */
export function parsePlain(href: string, components: Uint32Array): boolean {
  const found = PLAIN.exec(href);
  if (!found) return false;
  const [, scheme = "", host = "", port, path = "", search, hash] = found;
  const isFile = scheme === "file";
  if (isFile ? port !== undefined || host === "localhost" : host === "") return false;
  if (host.includes("xn--")) return false;
  if (/\/\.|\/%2e|\\|^\/[a-zA-Z][:|]/i.test(path)) return false;
  if (port !== undefined && (port === DEFAULT_PORTS[scheme] || Number(port) > 0xffff)) return false;
  const hostStart = scheme.length + 3;
  const hostEnd = hostStart + host.length;
  const pathnameStart = hostEnd + (port === undefined ? 0 : port.length + 1);
  const searchStart = pathnameStart + path.length;
  components[Component.protocolEnd] = scheme.length + 1;
  components[Component.usernameEnd] = hostStart;
  components[Component.hostStart] = hostStart;
  components[Component.hostEnd] = hostEnd;
  components[Component.port] = port === undefined ? OMITTED : Number(port);
  components[Component.pathnameStart] = pathnameStart;
  components[Component.searchStart] = search === undefined ? OMITTED : searchStart;
  components[Component.hashStart] =
    hash === undefined ? OMITTED : searchStart + (search?.length ?? 0);
  components[Component.schemeType] = schemeType(scheme);
  return true;
}
