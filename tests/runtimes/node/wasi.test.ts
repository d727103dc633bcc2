/** node:wasi: what a module may reach, and what Node says where it may not. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createVm, type Vm } from "../../../src/index.ts";

let vm: Vm;

beforeAll(async () => {
  vm = await createVm();
  await vm.exec(
    "mkdir -p /tmp/given /tmp/other; echo given > /tmp/given/file; echo not > /tmp/secret",
  );
  await vm.exec("ln -s ../secret /tmp/given/relative; ln -s /tmp/secret /tmp/given/absolute");
});
afterAll(() => vm?.dispose());

/** Calls imports as a module would; `open` is path_open of descriptor 3, for reading. */
const PRELUDE = `
const { WASI } = require("wasi"), fs = require("fs");
const memory = new WebAssembly.Memory({ initial: 1 });
const view = new DataView(memory.buffer);
const start = (options) => {
  const wasi = new WASI({ version: "preview1", preopens: { "/dir": "/tmp/given" }, ...options });
  wasi.initialize({ exports: { memory } });
  return wasi.wasiImport;
};
const open = (imports, path, oflags = 0, fd = 3) => {
  const length = Buffer.from(memory.buffer).write(path, 600);
  const errno = imports.path_open(fd, 1, 600, length, oflags, 2n, 2n, 0, 700);
  return errno === 0 ? -view.getUint32(700, true) : errno;
};
const thrown = (act) => {
  try {
    act();
    return "none";
  } catch (error) {
    return [error.name, error.code, error.message];
  }
};
const print = (...values) => console.log(JSON.stringify(values));
`;

async function run(script: string): Promise<unknown> {
  const { stdout, stderr } = await vm.exec("node --no-warnings -", { stdin: PRELUDE + script });
  return stdout === "" ? stderr : JSON.parse(stdout);
}

const NOENT = 44;
const BADF = 8;
const INVAL = 28;
const OVERFLOW = 61;
const NOTCAPABLE = 76;

describe("directories", () => {
  test("paths do not leave the one that they start from", async () => {
    const paths = ["file", "../given/file", "../secret", "relative", "absolute", "/tmp/secret"];
    const script = `const i = start(); print(...${JSON.stringify(paths)}.map((p) => open(i, p)), open(i, "none"));`;
    const refused = Array(5).fill(NOTCAPABLE);
    expect(await run(script)).toEqual([-4, ...refused, NOENT]);
  });

  test("without one nothing is opened", async () => {
    expect(await run(`print(open(start({ preopens: {} }), "tmp/given/file"));`)).toEqual([BADF]);
  });

  test("one that is not there is uvwasi's error", async () => {
    expect(await run(`print(thrown(() => start({ preopens: { "/d": "/nowhere" } })));`)).toEqual([
      ["Error", "UVWASI_ENOENT", "UVWASI_ENOENT, uvwasi_init"],
    ]);
  });
});

describe("descriptors", () => {
  test("what the process has open is not the module's", async () => {
    const script = `
      const mine = fs.openSync("/tmp/secret");
      const i = start({ preopens: {} });
      print([3, mine, mine + 1].map((fd) => i.fd_tell(fd, 8)), fs.readFileSync(mine, "utf8"));`;
    expect(await run(script)).toEqual([[BADF, BADF, BADF], "not\n"]);
  });

  test("the standard ones are those of its options", async () => {
    const script = `
      const i = start({ stdout: fs.openSync("/tmp/out", "w") });
      view.setUint32(0, 64, true); view.setUint32(4, 5, true);
      Buffer.from(memory.buffer).write("hello", 64);
      print(i.fd_write(1, 0, 1, 8), view.getUint32(8, true), fs.readFileSync("/tmp/out", "utf8"));`;
    expect(await run(script)).toEqual([0, 5, "hello"]);
    expect(await run(`print(thrown(() => start({ stdin: 77 })));`)).toEqual([
      ["Error", "UVWASI_EBADF", "UVWASI_EBADF, uvwasi_init"],
    ]);
  });
});

describe("calls", () => {
  test("check their arguments and addresses", async () => {
    const script = `
      const i = start();
      print(i.fd_close(), i.fd_close("3"), i.clock_time_get(0, 1, 8), i.clock_time_get(0, 1n, 8));
    `;
    expect(await run(script)).toEqual([INVAL, INVAL, INVAL, 0]);
    expect(await run(`print(start().args_sizes_get(65535, 0));`)).toEqual([OVERFLOW]);
  });

  test("need a module that has started", async () => {
    const script = `print(thrown(() => new WASI({ version: "preview1" }).wasiImport.fd_close(9)));`;
    expect(await run(script)).toEqual([
      ["Error", "ERR_WASI_NOT_STARTED", "wasi.start() has not been called"],
    ]);
  });
});

test("an exit ends the process where returnOnExit is off", async () => {
  const script = `start({ returnOnExit: false }).proc_exit(7); print("not reached");`;
  const { exitCode, stdout } = await vm.exec("node --no-warnings -", { stdin: PRELUDE + script });
  expect([exitCode, stdout]).toEqual([7, ""]);
});
