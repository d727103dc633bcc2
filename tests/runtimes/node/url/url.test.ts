import { describe, expect, it } from "vitest";
import { url } from "../../../../runtimes/node/bindings/url.ts";

// A host's ASCII domains need no tables, so no script is compiled here.
const binding = url({} as never) as unknown as {
  urlComponents: Uint32Array;
  parse(input: string, base?: string, raise?: boolean): string | undefined;
  canParse(input: string, base?: string): boolean;
  update(href: string, action: number, value: string): string | false;
  pathToFileURL(path: string, isWindows: boolean, host?: string): string;
  format(href: string, ...options: boolean[]): string;
  getOrigin(href: string): string;
  domainToASCII(domain: string): string;
};

const NONE = 0xffffffff;

describe("parse", () => {
  it.each([
    ["https://user:pass@example.com:1234/a/b?c#d", [6, 12, 17, 29, 1234, 34, 38, 40, 2]],
    ["http://u@h/", [5, 8, 8, 10, NONE, 10, NONE, NONE, 0]],
    ["file:///x", [5, 7, 7, 7, NONE, 7, NONE, NONE, 6]],
    ["web+demo:/.//not-a-host/", [9, 9, 9, 9, NONE, 11, NONE, NONE, 1]],
    ["mailto:x@y", [7, 7, 7, 7, NONE, 7, NONE, NONE, 1]],
    ["ws://a.b:8080/?#", [3, 5, 5, 8, 8080, 13, 14, 15, 3]],
  ])("finds the parts of %s", (href, parts) => {
    expect(binding.parse(href)).toBe(href);
    expect([...binding.urlComponents]).toEqual(parts);
  });

  it.each([
    [
      "HTTP://EXAMPLE.com:80/a/../b/./c%2e%2E?é#ü",
      undefined,
      "http://example.com/b/c%2e%2E?%C3%A9#%C3%BC",
    ],
    ["http://0x7f.1/", undefined, "http://127.0.0.1/"],
    ["http://[1:2::3:4.5.6.7]", undefined, "http://[1:2::3:405:607]/"],
    ["\\x\\y", "file:///C:/a", "file:///C:/x/y"],
    ["//h/p", "https://a/b", "https://h/p"],
    ["?q", "foo://h/p#f", "foo://h/p?q"],
    ["#f", "mailto:x", "mailto:x#f"],
    ['/a b"<>`{}^|', "http://h", "http://h/a%20b%22%3C%3E%60%7B%7D^|"],
    ["http://a@b@c/", undefined, "http://a%40b@c/"],
  ])("%s on %s", (input, base, expected) => {
    expect(binding.parse(input, base)).toBe(expected);
  });

  it.each([
    "",
    "x",
    "http://",
    "http://a b",
    "http://h:99999",
    "http://1.2.3.256",
    "http://[1::2::3]",
    "http://%zz/",
  ])("refuses %j", (input) => {
    expect(binding.canParse(input)).toBe(false);
    expect(() => binding.parse(input, undefined, true)).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_URL", input, message: "Invalid URL" }),
    );
  });
});

describe("the other calls", () => {
  it.each([
    ["http://h/", 0, "https", "https://h/"],
    ["http://h:8/", 1, "x:9", "http://x:9/"],
    ["http://h/", 3, "80", "http://h/"],
    ["http://h/", 6, "a?b#c", "http://h/a%3Fb%23c"],
    ["foo:a  ?b", 7, "", "foo:a"],
    ["http://h/", 8, "#x y", "http://h/#x%20y"],
  ])("%s with part %d set to %j", (href, action, value, expected) => {
    expect(binding.update(href, action, value)).toBe(expected);
  });

  it("makes file URLs, origins and shorter forms", () => {
    expect(binding.pathToFileURL("/a b/%?#\n\\", false)).toBe("file:///a%20b/%25%3F%23%0A%5C");
    expect(binding.pathToFileURL("\\s\\x", true, "host")).toBe("file://host/s/x");
    expect(binding.getOrigin("blob:https://a:8/b")).toBe("https://a:8");
    expect(binding.getOrigin("file:///a")).toBe("null");
    expect(binding.format("http://u:p@h/a?b#c", false, false, false, false)).toBe("http://h/a");
    expect(binding.domainToASCII("A.b")).toBe("a.b");
    expect(binding.domainToASCII("a:8")).toBe("");
  });
});
