/**
 * Little input that wants much of the host: archives, processes, descriptors, timers, patterns, names, logs.
 * Each ends by a limit or in time, the next command runs, and a small one of the kind works.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createVm, type Vm } from "../../src/index.ts";

/** Megabytes that the host's process may grow by: heaps, pools and the limits below together. */
const GROWTH = 1200;

let vm: Vm;
let before = 0;
beforeAll(async () => {
  vm = await createVm({
    limits: { processes: 64, disk: 64 << 20, memory: 512 << 20, pipes: 200, inodes: 20_000 },
    permissions: { network: "deny" },
  });
  await vm.exec("node -p 1; ls | cat");
  before = process.memoryUsage.rss();
});
afterAll(() => vm.dispose());

const node = (code: string) => `node -e '${code}'`;

/** [what it does, what it must not bring, what shows that a small one works] */
const BOMBS: Record<
  string,
  { readonly line: string; readonly control: string; readonly works: string }
> = {
  "gzip that unpacks to more than the disk has": {
    line: "head -c 300000000 /dev/zero | gzip -1 > b.gz; gunzip -c b.gz > all",
    control: "head -c 1000 /dev/zero | gzip | gunzip -c | wc -c",
    works: "1000",
  },
  "zlib in Node, at once": {
    line: node(
      `const z = require("zlib"); let b = Buffer.alloc(1 << 20); const once = z.deflateRawSync(b); const many = Buffer.alloc(1 << 28); try { z.inflateSync(z.deflateSync(many)) } catch (e) { console.log(e.code) }`,
    ),
    control: node(
      `const z = require("zlib"); console.log(z.inflateSync(z.deflateSync("ok")).toString())`,
    ),
    works: "ok",
  },
  "brotli and zstd streams that are never read": {
    line: node(
      `const z = require("zlib"); for (let i = 0; i < 3000; i++) { try { const s = z.createBrotliCompress(); s.write(Buffer.alloc(65536)); s.on("error", () => {}) } catch (e) { console.log(e.message); break } } setTimeout(() => process.exit(3), 500)`,
    ),
    control: node(
      `const z = require("zlib"); console.log(z.brotliDecompressSync(z.brotliCompressSync("ok")).toString())`,
    ),
    works: "ok",
  },
  "a tar of directories that never end": {
    line: `p=d; for i in $(seq 1 400); do p=$p/d; done; mkdir -p $p; tar cf deep.tar d; rm -rf d; tar xf deep.tar && find d | wc -l; rm -rf d deep.tar`,
    control: "mkdir x; tar cf x.tar x && tar tf x.tar",
    works: "x/",
  },
  "files until there are no inodes": {
    line: "for i in $(seq 1 300); do mkdir f$i && (cd f$i && touch $(seq 1 100)); done; rm -rf f*",
    control: "touch one; ls one",
    works: "one",
  },
  "descriptors and pipes": {
    line: node(
      `const fs = require("fs"); const all = []; try { for (;;) all.push(fs.openSync("/etc/passwd")) } catch (e) { console.log(e.code) } const { spawn } = require("child_process"); for (let i = 0; i < 500; i++) try { spawn("cat").on("error", () => {}) } catch {} setTimeout(() => process.exit(), 300)`,
    ),
    control: "cat /etc/hostname | cat",
    works: "isopod",
  },
  "processes that make processes": {
    line: "b() { b | b & }; b; sleep 1; kill -KILL -1",
    control: "(echo sub)",
    works: "sub",
  },
  timers: {
    line: node(
      `for (let i = 0; i < 300000; i++) setTimeout(() => {}, i % 500); setTimeout(() => process.exit(), 600)`,
    ),
    control: node(`setTimeout(() => console.log("later"), 1)`),
    works: "later",
  },
  "patterns of the shell": {
    line: `a=$(printf 'a%.0s' $(seq 1 5000)); shopt -s extglob; [[ $a == *(*(a))*(*(a))b ]]; [[ $a =~ ^(a+)+(a+)+b$ ]]; case $a in +(a|aa)b) ;; esac; echo \${a//*(a)*(a)b/}\${#a}`,
    control: `[[ aab =~ ^(a+)+b$ ]] && echo matches`,
    works: "matches",
  },
  "patterns of grep, sed and awk": {
    line: `head -c 3000 /dev/zero | tr '\\0' a > as; timeout 5 grep -E '^(a+)+b$' as; timeout 5 grep -E '(a|aa)*b' as; timeout 5 sed -E 's/(a*)*b/x/' as >/dev/null; timeout 5 awk '/^(a|a)*b$/' as`,
    control: "echo aab | grep -E '^(a+)+b$'",
    works: "aab",
  },
  "braces and arithmetic": {
    line: `echo {1..100000000} | wc -c; echo {a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b} | wc -c; a=a; for i in $(seq 1 40); do a=$a$a; done; echo \${#a}; printf '%999999999d' 1 | wc -c; echo $((2**2**30))`,
    control: "echo {1..3}",
    works: "1 2 3",
  },
  "arguments and variables that are too many": {
    line: `a=$(head -c 3000000 /dev/zero | tr '\\0' a); /bin/true $a; export a; /bin/true; unset a; ls $(seq 1 500000) >/dev/null`,
    control: "/bin/echo $(seq 1 5)",
    works: "1 2 3 4 5",
  },
  "names to look up": {
    line: node(
      `const dns = require("dns"); let n = 0; for (let i = 0; i < 20000; i++) dns.lookup("n" + i + ".example", () => { if (++n === 20000) console.log("all") }); setTimeout(() => process.exit(), 15000).unref()`,
    ),
    control: "getent hosts localhost >/dev/null; echo looked",
    works: "looked",
  },
  "words on standard error and in the log of refusals": {
    line: `for i in $(seq 1 2000); do echo > /dev/tcp/h$i.example/80; done 2>/dev/null; wc -c < /proc/refusals`,
    control: "echo word >&2 2>&1 | cat; echo said",
    works: "said",
  },
  "links that lead in circles": {
    line: "ln -s l1 l2; ln -s l2 l1; cat l1; for i in $(seq 1 100); do ln -s s$i/.. s$((i+1)); done; ls s100; find -L . >/dev/null",
    control: "echo in > t; ln -s t l; cat l",
    works: "in",
  },
  "here-documents and nesting": {
    line: `s=; for i in $(seq 1 3000); do s="$s("; done; bash -c "$s"; s='echo 1'; for i in $(seq 1 12); do s="bash -c \\"$(printf %q "$s")\\""; done; bash -c "$s" | head -c 10; eval "$(printf '{ %.0s' $(seq 1 20000))"`,
    control: "cat <<< here",
    works: "here",
  },
};

test.each(Object.entries(BOMBS))("%s", async (_, { line, control, works }) => {
  await vm
    .exec(`mkdir -p /tmp/w && cd /tmp/w && { ${line} ; }`, {
      timeout: 25_000,
      maxBuffer: 1 << 20,
    })
    .catch((error) => {
      expect(error.code).toMatch(/^(ETIMEDOUT|ERR_MAX_BUFFER)$/);
    });
  for (const { pid } of await vm.processes())
    if (pid !== 1) await vm.kill(pid, "SIGKILL").catch(() => undefined);
  await vm.exec("rm -rf /tmp/w; mkdir -p /tmp/c").catch(() => undefined);
  const { stdout } = await vm.exec(`cd /tmp/c; rm -rf *; ${control}`, { timeout: 60_000 });
  expect(stdout.trim()).toBe(works);
  expect((process.memoryUsage.rss() - before) / 2 ** 20).toBeLessThan(GROWTH);
});

test("a listing of very many and very long names reaches the embedder, or is refused", async () => {
  await using many = await createVm({ limits: { inodes: 200_000 } });
  await many.exec(
    "mkdir /tmp/m; cd /tmp/m; for i in $(seq 1 60); do touch $(seq -f n$i.%g 1 1000); done",
    { timeout: 60_000 },
  );
  expect((await many.fs.readdir("/tmp/m")).length).toBe(60_000);
  const long = "x".repeat(255);
  await many.fs.writeFile(`/tmp/${long}`, "x");
  expect(await many.fs.readdir("/tmp")).toContain(long);
  await expect(many.fs.writeFile(`/tmp/${long}x`, "x")).rejects.toMatchObject({
    code: "ENAMETOOLONG",
  });
  await expect(many.fs.writeFile(`/tmp/${"y/".repeat(5000)}`, "x")).rejects.toMatchObject({
    code: "ENAMETOOLONG",
  });
});
