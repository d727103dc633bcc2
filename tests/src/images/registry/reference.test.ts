/** Names of images, and where they lead. */
import { expect, test } from "vitest";
import { storeName } from "../../../../src/images/node/store.ts";
import { parseReference, registryUrl } from "../../../../src/images/registry/reference.ts";

const D = `sha256:${"ab".repeat(32)}`;

test.each([
  ["alpine", { host: "docker.io", name: "library/alpine", tag: "latest" }],
  ["alpine:3", { host: "docker.io", name: "library/alpine", tag: "3" }],
  ["team/tools", { host: "docker.io", name: "team/tools", tag: "latest" }],
  ["localhost/x", { host: "localhost", name: "x", tag: "latest" }],
  ["localhost:5000/x/y:z", { host: "localhost:5000", name: "x/y", tag: "z" }],
  ["ghcr.io/a/b_c/d-e:v1.0_2", { host: "ghcr.io", name: "a/b_c/d-e", tag: "v1.0_2" }],
  [`ghcr.io/a/b@${D}`, { host: "ghcr.io", name: "a/b", tag: undefined, digest: D }],
  [`ghcr.io/a/b:1@${D}`, { host: "ghcr.io", name: "a/b", tag: "1", digest: D }],
  ["[::1]:5000/x", { host: "[::1]:5000", name: "x", tag: "latest" }],
])("%s", (text, expected) => {
  expect(parseReference(text)).toMatchObject(expected);
});

test.each([
  "",
  ":",
  "a:",
  "A/b",
  "a//b",
  "/a",
  "a/",
  "a b",
  "x@sha256:12",
  `x@${D}@${D}`,
  "ho st.io/x",
  "a:b:c",
])("%j is no name", (text) => {
  expect(() => parseReference(text)).toThrow(/is no image's name/);
});

test("plain HTTP is spoken on this machine only", () => {
  const url = (text: string) => registryUrl(parseReference(text));
  expect(url("localhost:5000/x")).toBe("http://localhost:5000");
  expect(url("127.0.0.1:5000/x")).toBe("http://127.0.0.1:5000");
  expect(url("[::1]:5000/x")).toBe("http://[::1]:5000");
  expect(url("localhost.example.com/x")).toBe("https://localhost.example.com");
  expect(url("127.0.0.1.example.com/x")).toBe("https://127.0.0.1.example.com");
  expect(url("example.com/x")).toBe("https://example.com");
  expect(url("alpine")).toBe("https://registry-1.docker.io");
});

test("what is kept has a tag in its name", () => {
  expect(storeName("alpine")).toBe("alpine:latest");
  expect(storeName("localhost:5000/x")).toBe("localhost:5000/x:latest");
  expect(storeName("x:1")).toBe("x:1");
  expect(storeName(`x@${D}`)).toBe(`x@${D}`);
});
