/** Image files: what they may say, and what is answered where they say something else. */
import { expect, test } from "vitest";
import { parseImageFile } from "../../../../src/images/builder/image-file.ts";

const parse = (text: string) => parseImageFile("/there/isopod.jsonc", text);

test("nothing at all is the base image again", () => {
  expect(parse("{}")).toEqual({
    tag: undefined,
    from: undefined,
    layers: [],
    config: {},
    created: undefined,
  });
});

test("everything, with comments and a trailing comma", () => {
  const plan = parse(`{
    "$schema": "x", // for editors
    "tag": "tools:1", "from": "./below", "created": "2026-01-31T00:00:00Z",
    "layers": [
      { "npm": "@a/b@1.2.3-rc.1", "integrity": "sha512-AAAA==", "path": "dist", "to": "/opt/b/" },
      { "folder": "files", "to": "/", "exclude": ["*.log"], "mode": "0755", "owner": "user" },
      { "files": {
          "/a": "text",
          "/b": { "file": "../b", "mode": "600", "owner": "5:6" },
          "/c": { "link": "a" },
          "/d": { "directory": true },
          "/e": { "remove": true },
        }, "owner": "root" },
    ],
    "entrypoint": ["/a"], "cmd": ["b"], "env": { "A": "1" }, "user": "user", "cwd": "/work",
    "labels": { "x": "y" }, "permissions": { "network": ["example.com:443"] },
  }`);
  expect(plan).toEqual({
    tag: "tools:1",
    from: "/there/below",
    created: 1769817600,
    layers: [
      {
        type: "npm",
        package: { name: "@a/b", version: "1.2.3-rc.1", integrity: "sha512-AAAA==" },
        path: "dist",
        to: "/opt/b",
        mode: undefined,
        owner: undefined,
      },
      {
        type: "folder",
        folder: "/there/files",
        to: "/",
        exclude: ["*.log"],
        mode: 0o755,
        owner: "user",
      },
      {
        type: "files",
        mode: undefined,
        owner: "root",
        files: [
          { path: "/a", what: { type: "text", text: "text" }, mode: undefined, owner: "root" },
          { path: "/b", what: { type: "file", file: "/b" }, mode: 0o600, owner: "5:6" },
          { path: "/c", what: { type: "link", target: "a" }, mode: undefined, owner: "root" },
          { path: "/d", what: { type: "directory" }, mode: undefined, owner: "root" },
          { path: "/e", what: { type: "remove" }, mode: undefined, owner: "root" },
        ],
      },
    ],
    config: {
      entrypoint: ["/a"],
      cmd: ["b"],
      env: { A: "1" },
      user: "user",
      cwd: "/work",
      labels: { x: "y" },
      permissions: { network: ["example.com:443"] },
    },
  });
});

test.each([
  ["", "/there/isopod.jsonc:1:1: Value expected"],
  ['{"tag" 1}', "/there/isopod.jsonc:1:8: Colon expected"],
  ["[]", /:1:1: the file must be an object, but it is \[\]/],
  ['{\n  "taG": "x"\n}', /:2:3: there is no field taG; did you mean tag\?/],
  ['{"colour": 1}', /there is no field colour; known here: \$schema, tag, from/],
  ['{"layers": {}}', "/there/isopod.jsonc:1:12: layers must be a list of layers, but it is {}"],
  [
    '{"layers": [\n {}]}',
    /:2:2: layers\[0\] must be an object with just one of npm, folder, files and tar/,
  ],
  ['{"layers": [{"npm": "a@1.0.0", "folder": "x"}]}', /just one of npm, folder, files and tar/],
  ['{"layers": [{"npm": "a@^1"}]}', /layers\[0\]\.npm must be a package and its exact version/],
  ['{"layers": [{"npm": "a"}]}', /such as left-pad@1\.3\.0, but it is "a"/],
  ['{"layers": [{"npm": "../a@1.0.0"}]}', /exact version/],
  ['{"layers": [{"npm": "a@1.0.0", "integrity": "md5"}]}', /integrity must be a digest as npm/],
  ['{"layers": [{"npm": "a@1.0.0", "exclude": []}]}', /exclude must be left out of this kind/],
  ['{"layers": [{"tar": "x", "to": "/"}]}', /to must be left out of this kind of layer/],
  [
    '{"layers": [{"folder": "x", "to": "y"}]}',
    /layers\[0\]\.to must be an absolute path, but it is "y"/,
  ],
  ['{"layers": [{"folder": "x", "to": "/a/../.."}]}', /absolute path/],
  [
    '{"layers": [{"folder": "x", "mode": 755}]}',
    /mode must be octal digits in quotes, such as "0755", but it is 755/,
  ],
  ['{"layers": [{"folder": "x", "mode": "rwx"}]}', /octal digits/],
  ['{"layers": [{"folder": "x", "owner": "a b"}]}', /owner must be USER or USER:GROUP/],
  ['{"layers": [{"files": {"a": ""}}]}', /layers\[0\]\.files\.a must be under an absolute path/],
  ['{"layers": [{"files": {"/../a": ""}}]}', /leads out of the image/],
  ['{"layers": [{"files": {"/a": {}}}]}', /just one of text, file, link, directory and remove/],
  ['{"layers": [{"files": {"/a": {"directory": false}}}]}', /directory must be true/],
  ['{"env": {"A": 1}}', /env\.A must be a string, but it is 1/],
  ['{"env": {"A=B": ""}}', /without the name "A=B"/],
  ['{"entrypoint": "sh"}', /entrypoint must be a list of strings, but it is "sh"/],
  ['{"cwd": "work"}', /cwd must be an absolute path/],
  ['{"created": "noon"}', /created must be a time/],
  ['{"permissions": []}', /permissions must be an object/],
  ['{"user": "a\\u0000b"}', /user must be a string/],
])("refused: %s", (text, message) => {
  expect(() => parse(text)).toThrow(message);
});
