/** Bytes of files: offsets, appending, truncating, holes. */
import { expect, test } from "vitest";
import {
  O_APPEND,
  O_CREAT,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  SEEK_CUR,
  SEEK_DATA,
  SEEK_END,
  SEEK_HOLE,
  SEEK_SET,
} from "../../../../kernel/fd/flags.ts";
import {
  AT_FDCWD,
  FALLOC_FL_COLLAPSE_RANGE,
  FALLOC_FL_INSERT_RANGE,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  FALLOC_FL_ZERO_RANGE,
} from "../../../../kernel/vfs/constants.ts";
import { refuses, testMachine } from "../machine.ts";
import type { Subject } from "./abilities.ts";

/** Bytes that tell where they are. */
export function pattern(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8) * 7 + seed) & 0xff;
  return bytes;
}

export function data(subject: Subject): void {
  const start = () => testMachine(subject.make()).user();
  const { holes } = subject.abilities;

  test("reads and writes move one offset, at which both continue", () => {
    const u = start();
    const fd = u.open("/f", O_RDWR | O_CREAT);
    expect(u.writeFd(fd, "hello world")).toBe(11);
    expect(u.readFd(fd)).toBe("");
    expect(u.sys.lseek(fd, 6, SEEK_SET)).toBe(6);
    expect(u.readFd(fd, 3)).toBe("wor");
    expect(u.sys.lseek(fd, 0, SEEK_CUR)).toBe(9);
    expect(u.sys.lseek(fd, -5, SEEK_END)).toBe(6);
    u.writeFd(fd, "W");
    expect(u.read("/f")).toBe("hello World");
    refuses("EINVAL", () => u.sys.lseek(fd, -1, SEEK_SET));
    refuses("EINVAL", () => u.sys.lseek(fd, 0, 9));
  });

  test("pread and pwrite leave the offset alone", () => {
    const u = start();
    u.write("/f", "0123456789");
    const fd = u.open("/f", O_RDWR);
    const buffer = new Uint8Array(3);
    expect(u.sys.pread64(fd, buffer, 4)).toBe(3);
    expect([...buffer]).toEqual([52, 53, 54]);
    u.sys.pwrite64(fd, new Uint8Array([65, 66]), 8);
    expect(u.readFd(fd)).toBe("01234567AB");
  });

  test("a descriptor allows what it was opened for", () => {
    const u = start();
    u.write("/f", "text");
    refuses("EBADF", () => u.writeFd(u.open("/f", O_RDONLY), "x"));
    refuses("EBADF", () => u.readFd(u.open("/f", O_WRONLY)));
    refuses("EINVAL", () => u.sys.ftruncate(u.open("/f", O_RDONLY), 0));
    refuses("EISDIR", () => u.readFd(u.open("/")));
    expect(u.read("/f")).toBe("text");
  });

  test("O_APPEND writes at the end, wherever that is by then", () => {
    const u = start();
    const one = u.open("/f", O_WRONLY | O_CREAT | O_APPEND);
    const two = u.open("/f", O_RDWR | O_APPEND);
    u.writeFd(one, "a");
    u.writeFd(two, "b");
    u.sys.lseek(one, 0, SEEK_SET);
    u.writeFd(one, "c");
    u.sys.pwrite64(two, new Uint8Array([100]), 0);
    expect(u.read("/f")).toBe("abcd");
    expect(u.sys.lseek(one, 0, SEEK_CUR)).toBe(3);
  });

  test("O_TRUNC empties an open file for everybody", () => {
    const u = start();
    u.write("/f", "long text");
    const fd = u.open("/f");
    expect(u.readFd(fd, 4)).toBe("long");
    u.sys.close(u.open("/f", O_WRONLY | O_TRUNC));
    expect(u.readFd(fd)).toBe("");
    expect(u.stat("/f").size).toBe(0);
  });

  test("truncate cuts, and what grows again is zero", () => {
    const u = start();
    u.write("/f", pattern(200_000));
    u.sys.truncate("/f", 70_001);
    expect(u.stat("/f").size).toBe(70_001);
    u.sys.truncate("/f", 150_000);
    const bytes = u.bytes("/f");
    expect(Buffer.compare(bytes.subarray(0, 70_001), pattern(200_000).subarray(0, 70_001))).toBe(0);
    expect(bytes.subarray(70_001).every((byte) => byte === 0)).toBe(true);
    expect(bytes.length).toBe(150_000);
    refuses("EINVAL", () => u.sys.truncate("/f", -1));
    refuses("EISDIR", () => u.sys.truncate("/", 0));
    refuses("ENOENT", () => u.sys.truncate("/g", 0));
  });

  test("writing behind the end leaves zeros between", () => {
    const u = start();
    const fd = u.open("/f", O_RDWR | O_CREAT);
    u.sys.pwrite64(fd, new Uint8Array([7]), 300_000);
    expect(u.stat("/f").size).toBe(300_001);
    const bytes = u.bytes("/f");
    expect(bytes.subarray(0, 300_000).every((byte) => byte === 0)).toBe(true);
    expect(bytes[300_000]).toBe(7);
    expect(u.sys.pread64(fd, new Uint8Array(10), 400_000)).toBe(0);
  });

  test("files of every awkward size come back as written", () => {
    const u = start();
    for (const size of [0, 1, 15, 16, 17, 4095, 4096, 4097, 65_535, 65_536, 65_537, 1_000_003]) {
      u.write("/f", pattern(size, size));
      expect(u.stat("/f").size).toBe(size);
      expect(Buffer.compare(u.bytes("/f"), pattern(size, size))).toBe(0);
    }
  });

  test("small writes over and across each other end as one array would", () => {
    const u = start();
    const model = new Uint8Array(300_000);
    let end = 0;
    const fd = u.open("/f", O_RDWR | O_CREAT);
    let random = 12345;
    const next = (below: number) => {
      random = (random * 1_103_515_245 + 12_345) % 2_147_483_648;
      return random % below;
    };
    for (let i = 0; i < 300; i++) {
      const at = next(280_000);
      const bytes = pattern(next(i % 10 === 0 ? 20_000 : 300), i);
      if (i % 37 === 36) {
        u.sys.ftruncate(fd, at);
        model.fill(0, at);
        end = at;
      } else {
        u.sys.pwrite64(fd, bytes, at);
        model.set(bytes, at);
        if (bytes.length > 0) end = Math.max(end, at + bytes.length);
      }
    }
    expect(u.stat("/f").size).toBe(end);
    expect(Buffer.compare(u.bytes("/f"), model.subarray(0, end))).toBe(0);
  });

  test("fsync and fdatasync succeed on what can be synced", () => {
    const u = start();
    const fd = u.open("/f", O_RDWR | O_CREAT);
    u.sys.fsync(fd);
    u.sys.fdatasync(fd);
    u.sys.sync();
    refuses("EBADF", () => u.sys.fsync(99));
  });

  test("fallocate makes room and grows the file", () => {
    const u = start();
    u.write("/f", "abc");
    const fd = u.open("/f", O_RDWR);
    u.sys.fallocate(fd, 0, 1, 100_000);
    expect(u.stat("/f").size).toBe(100_001);
    expect(u.read("/f").slice(0, 4)).toBe("abc\0");
    refuses("EINVAL", () => u.sys.fallocate(fd, 0, -1, 10));
    refuses("EINVAL", () => u.sys.fallocate(fd, 0, 0, 0));
    refuses("EBADF", () => u.sys.fallocate(u.open("/f"), 0, 0, 10));
  });

  test.runIf(holes)("a hole takes no blocks, and SEEK_DATA and SEEK_HOLE find it", () => {
    const u = start();
    const fd = u.open("/f", O_RDWR | O_CREAT);
    u.sys.ftruncate(fd, 10_000_000_000);
    expect(u.stat("/f")).toMatchObject({ size: 10_000_000_000, blocks: 0 });
    u.sys.pwrite64(fd, new Uint8Array(10), 5_000_000_000);
    expect(u.stat("/f").blocks).toBe(8);
    const page = Math.floor(5_000_000_000 / 4096) * 4096;
    expect(u.sys.lseek(fd, 0, SEEK_DATA)).toBe(page);
    expect(u.sys.lseek(fd, page, SEEK_HOLE)).toBe(page + 4096);
    expect(u.sys.lseek(fd, 0, SEEK_HOLE)).toBe(0);
    expect(u.sys.lseek(fd, page + 4096, SEEK_HOLE)).toBe(page + 4096);
    refuses("ENXIO", () => u.sys.lseek(fd, page + 4096, SEEK_DATA));
    refuses("ENXIO", () => u.sys.lseek(fd, 10_000_000_000, SEEK_HOLE));
  });

  test("a file without holes is data to its end", () => {
    const u = start();
    u.write("/f", pattern(100_000));
    const fd = u.open("/f");
    expect(u.sys.lseek(fd, 17, SEEK_DATA)).toBe(17);
    expect(u.sys.lseek(fd, 17, SEEK_HOLE)).toBe(100_000);
    refuses("ENXIO", () => u.sys.lseek(fd, 100_000, SEEK_DATA));
  });

  test.runIf(holes)("fallocate punches, zeroes, collapses and inserts", () => {
    const u = start();
    const size = 300_000;
    const bytes = pattern(size);
    u.write("/f", bytes);
    const fd = u.open("/f", O_RDWR);
    const before = u.stat("/f").blocks;
    u.sys.fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 5000, 100_000);
    bytes.fill(0, 5000, 105_000);
    expect(Buffer.compare(u.bytes("/f"), bytes)).toBe(0);
    expect(u.stat("/f").blocks).toBe(before - 23 * 8);
    expect(u.sys.lseek(fd, 5000, SEEK_HOLE)).toBe(8192);
    expect(u.sys.lseek(fd, 8192, SEEK_DATA)).toBe(102_400);

    u.sys.fallocate(fd, FALLOC_FL_ZERO_RANGE, 200_000, 1000);
    bytes.fill(0, 200_000, 201_000);
    expect(Buffer.compare(u.bytes("/f"), bytes)).toBe(0);

    u.sys.fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 8192, 4096);
    const collapsed = Buffer.concat([bytes.subarray(0, 8192), bytes.subarray(12_288)]);
    expect(Buffer.compare(u.bytes("/f"), collapsed)).toBe(0);

    u.sys.fallocate(fd, FALLOC_FL_INSERT_RANGE, 4096, 8192);
    const inserted = Buffer.concat([
      collapsed.subarray(0, 4096),
      new Uint8Array(8192),
      collapsed.subarray(4096),
    ]);
    expect(Buffer.compare(u.bytes("/f"), inserted)).toBe(0);

    refuses("EOPNOTSUPP", () => u.sys.fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 4096));
    refuses("EINVAL", () => u.sys.fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 1, 4096));
    refuses("EINVAL", () => u.sys.fallocate(fd, FALLOC_FL_INSERT_RANGE, 4096 * 1000, 4096));
    refuses("EOPNOTSUPP", () => u.sys.fallocate(fd, 0x80, 0, 4096));
  });

  test.runIf(subject.abilities.unnamed)("O_TMPFILE makes a file without a name", () => {
    const u = start();
    const O_TMPFILE = 0o20200000;
    const fd = u.open("/", O_RDWR | O_TMPFILE);
    u.writeFd(fd, "secret");
    expect(u.list("/")).toEqual([]);
    expect(u.sys.fstat(fd)).toMatchObject({ size: 6, nlink: 0 });
    u.sys.linkat(fd, "", AT_FDCWD, "/named", 0x1000);
    expect(u.read("/named")).toBe("secret");
    expect(u.sys.fstat(fd).nlink).toBe(1);
    refuses("EINVAL", () => u.open("/", O_TMPFILE));
    refuses("ENOTDIR", () => u.open("/named", O_RDWR | O_TMPFILE));
    const sealed = u.open("/", O_RDWR | O_TMPFILE | 0o200);
    refuses("ENOENT", () => u.sys.linkat(sealed, "", AT_FDCWD, "/other", 0x1000));
    u.unlink("/named");
    refuses("ENOENT", () => u.sys.linkat(fd, "", AT_FDCWD, "/again", 0x1000));
  });
}
