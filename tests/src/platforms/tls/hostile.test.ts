/**
 * A guest that asks a host's TLS whatever it likes, in any order: each question is answered or refused.
 * Node's C++ ends the process over some of them, so a process of its own asks.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const SCRIPT = fileURLToPath(new URL("hostile-questions.ts", import.meta.url));

test.each([
  ["node", 1],
  ["node", 2],
  ["openssl", 1],
  ["openssl", 2],
])("no question ends %s, and handshakes go on meanwhile (%s)", async (library, seed) => {
  const script = [SCRIPT, library, String(seed)];
  const { stdout } = await promisify(execFile)(process.execPath, script);
  const { answered, refused, handshakes } = JSON.parse(stdout);
  expect(answered).toBeGreaterThan(1000);
  expect(refused).toBeGreaterThan(300);
  expect(handshakes).toBeGreaterThan(20);
});
