/** Addresses as text, both ways. */
import { expect, test } from "vitest";
import { formatIP, parseIPv4, parseIPv6 } from "../../../kernel/net/ip-text.ts";

test.each([
  ["::", "::"],
  ["::1", "::1"],
  ["1::", "1::"],
  ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
  ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
  ["1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"],
  ["::ffff:127.0.0.1", "::ffff:127.0.0.1"],
  ["::1.2.3.4", "::1.2.3.4"],
  ["64:ff9b::1.2.3.4", "64:ff9b::102:304"],
  ["fe80::1%lo", "fe80::1"],
])("%s", (text, canonical) => {
  expect(formatIP(parseIPv6(text) as Uint8Array)).toBe(canonical);
});

test.each([
  "",
  ":",
  ":::",
  "1::2::3",
  "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:8:9",
  "12345::",
  "::g",
  "::1.2.3",
])("%j is no IPv6 address", (text) => {
  expect(parseIPv6(text)).toBeUndefined();
});

test("IPv4 addresses have four numbers without leading zeros", () => {
  expect(parseIPv4("127.0.0.1")).toEqual(Uint8Array.of(127, 0, 0, 1));
  for (const text of ["", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "1.2.3.4 ", "1..2.3"]) {
    expect(parseIPv4(text)).toBeUndefined();
  }
});
