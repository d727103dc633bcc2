/**
 * Adds to the programs that every kernel of this thread has what pjdfstest's scripts call: the command under
 * test, and two that the image lacks, openssl and an id that knows other users than its own. To be loaded
 * before the first machine; tab.ts and edge.ts load it where kernels run in a tab and at the edge.
 */
import { md5 } from "@noble/hashes/legacy.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { O_RDONLY } from "../../../kernel/fd/flags.ts";
import { decodeUtf8, encodeUtf8, type Main } from "../../../kernel/index.ts";
import { AT_FDCWD } from "../../../kernel/vfs/constants.ts";
import { programs } from "../../../src/machine/programs.ts";
import { pjdfstest } from "./command.ts";

/** `id -u [NAME]` and `id -g [NAME]`. */
const id: Main = async (sys) => {
  const [, option, name] = sys.argv;
  const column = option === "-g" ? 3 : 2;
  const buffer = new Uint8Array(4096);
  const fd = await sys.openat(AT_FDCWD, "/etc/passwd", O_RDONLY, 0);
  const users = decodeUtf8(buffer, 0, await sys.read(fd, buffer)).split("\n");
  const own = option === "-g" ? await sys.getresgid() : await sys.getresuid();
  const entry = users.map((line) => line.split(":")).find((user) => user[0] === name);
  const found = name === undefined ? `${own.effective}` : entry?.[column];
  await sys.write(found === undefined ? 2 : 1, encodeUtf8(`${found ?? "id: no such user"}\n`));
  return found === undefined ? 1 : 0;
};

/** `openssl md5`, from which the scripts make up names. */
const openssl: Main = async (sys) => {
  const hash = md5.create();
  const buffer = new Uint8Array(4096);
  for (;;) {
    const count = await sys.read(0, buffer);
    if (count === 0) break;
    hash.update(buffer.slice(0, count));
  }
  await sys.write(1, encodeUtf8(`MD5(stdin)= ${bytesToHex(hash.digest())}\n`));
  return 0;
};

for (const [name, main] of Object.entries({ pjdfstest, id, openssl })) {
  (programs as Map<string, Main>).set(name, main);
}
