/** Whom a request is for, against where its connection leads. */
import { describe, expect, test } from "vitest";
import { authorityOf, targetOf } from "../../../../src/gateway/http/request-target.ts";
import { looksLikeHttp } from "../../../../src/gateway/http-opening.ts";
import type { ServerRequest } from "../../../../src/http/server-connection.ts";
import { bytesOf } from "../../http/streams.ts";

const NAMED = { protocol: "https", host: "api.test", port: 443 } as const;
const NUMBERED = { protocol: "http", host: "10.0.0.5", port: 8080 } as const;

function ask(target: string, host: string | undefined): ServerRequest {
  return {
    method: "GET",
    target,
    headers: host === undefined ? [] : [["Host", host]],
    minor: 1,
    wantsUpgrade: false,
    body: undefined,
    length: undefined,
    trailers: [],
  };
}

describe("targets", () => {
  test.each([
    ["/a?b", "api.test", { path: "/a?b", host: "api.test" }],
    ["/a", "API.test:443", { path: "/a", host: "API.test:443" }],
    ["/a", undefined, { path: "/a", host: "api.test" }],
    ["https://api.test/a?b", "api.test", { path: "/a?b", host: "api.test" }],
    ["https://api.test?b", "api.test", { path: "/?b", host: "api.test" }],
    ["/a", "other.test", expect.stringContaining("one by one")],
    ["/a", "api.test:80", expect.stringContaining("one by one")],
    ["/a", "", expect.stringContaining("one by one")],
    ["https://other.test/a", "api.test", expect.stringContaining("one by one")],
    ["https://api.test/a", "other.test", "the request names two hosts"],
    ["http://api.test/a", "api.test", "this connection is https, not http"],
    ["https://api.test@other.test/a", "api.test", expect.any(String)],
  ])("%s for %s", (target, host, expected) => {
    expect(targetOf(ask(target, host), NAMED)).toEqual(expected);
  });

  test("an address may be called anything, at its own port", () => {
    expect(targetOf(ask("/a", "whatever.test:8080"), NUMBERED)).toMatchObject({ path: "/a" });
    expect(targetOf(ask("/a", "whatever.test:81"), NUMBERED)).toEqual(expect.any(String));
  });

  test("ports are shown where they are not the protocol's", () => {
    expect(authorityOf(NAMED)).toBe("api.test");
    expect(authorityOf(NUMBERED)).toBe("10.0.0.5:8080");
    expect(authorityOf({ protocol: "http", host: "::1", port: 80 })).toBe("[::1]");
  });
});

describe("what a client says first", () => {
  test.each([
    ["GET / HTTP/1.1", false, true],
    ["GE", false, undefined],
    ["GE", true, false],
    ["M-SEARCH * HTTP/1.1", false, true],
    ["get / HTTP/1.1", false, false],
    ["PRI * HTTP/2.0", false, false],
    ["HELO me", false, false],
    ["NICK somebody\r\n", false, false],
    ["\x16\x03\x01", false, false],
    ["", true, false],
    ["POSTPONED", false, false],
  ])("%j, over: %s", (text, isOver, expected) => {
    expect(looksLikeHttp(bytesOf(text), isOver)).toBe(expected);
  });
});
