import { constants } from "node:os";
import { expect, test } from "vitest";
import {
  bit,
  defaultAction,
  Signal,
  signalName,
  signalNumber,
  signalText,
} from "../../../kernel/index.ts";

test("numbers are the host's, which is Linux", () => {
  if (process.platform !== "linux") return;
  for (const [name, signal] of Object.entries(Signal)) {
    expect([name, constants.signals[name as NodeJS.Signals]]).toEqual([name, signal]);
  }
});

test("names and numbers lead to each other", () => {
  for (let signal = 1; signal <= 64; signal++) {
    const name = signalName(signal);
    if (signal === 32 || signal === 33) expect(name).toBeUndefined();
    else expect(signalNumber(name as string)).toBe(signal);
  }
  expect([signalName(34), signalName(35), signalName(49), signalName(50), signalName(64)]).toEqual([
    "RTMIN",
    "RTMIN+1",
    "RTMIN+15",
    "RTMAX-14",
    "RTMAX",
  ]);
  expect(["int", "SIGINT", "sigInt", "RTMAX-30"].map(signalNumber)).toEqual([2, 2, 2, 34]);
  expect(["", "SIG", "FOO", "RTMIN+31", "0", "32"].map(signalNumber)).toEqual(
    Array(6).fill(undefined),
  );
  expect([signalName(0), signalName(65), signalText(9), signalText(36)]).toEqual([
    undefined,
    undefined,
    "Killed",
    "Real-time signal 2",
  ]);
});

test("sets have a bit for each", () => {
  expect([bit(1), bit(9), bit(64)]).toEqual([1n, 256n, 1n << 63n]);
});

test("default actions", () => {
  expect([1, 6, 17, 18, 19, 28, 34].map(defaultAction)).toEqual([
    "terminate",
    "core",
    "ignore",
    "continue",
    "stop",
    "ignore",
    "terminate",
  ]);
});
