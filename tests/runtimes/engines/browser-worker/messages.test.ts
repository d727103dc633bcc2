import { expect, test } from "vitest";
import { checkReport } from "../../../../runtimes/engines/browser-worker/messages.ts";

const THREAD = { id: 1, portFd: 3, statusFd: 4, argv: ["node"], envp: [] };

test("reports that make sense pass", () => {
  const reports = [
    { type: "ready", confined: true },
    { type: "ended", outcome: { trap: undefined, memoryBytes: 65_536 } },
    { type: "ended", outcome: { trap: { signal: 11, message: "out of bounds" }, memoryBytes: 0 } },
    { type: "thread", call: { do: "start", spec: THREAD } },
    { type: "thread", call: { do: "end", code: 3 } },
    { type: "fault", message: "TypeError" },
  ];
  for (const report of reports) expect(checkReport(report)).toEqual(report);
});

test("whatever else a guest says is its fault, and never an exception of the kernel's", () => {
  const strange: unknown[] = [
    ...[undefined, null, 7, "ended", [], {}, { type: "run" }],
    ...[{ type: "ended" }, { type: "ended", outcome: null }, { type: "ended", outcome: {} }],
    { type: "ended", outcome: { trap: null, memoryBytes: 1 } },
    { type: "ended", outcome: { trap: { signal: 65 }, memoryBytes: 1 } },
    { type: "ended", outcome: { trap: { signal: "9" }, memoryBytes: 1 } },
    { type: "ended", outcome: { trap: undefined, memoryBytes: -1 } },
    ...[{ type: "thread" }, { type: "thread", call: { do: "stop", id: "1" } }],
    { type: "thread", call: { do: "start", spec: { ...THREAD, argv: "node" } } },
    { type: "thread", call: { do: "start", spec: { ...THREAD, statusFd: 1.5 } } },
  ];
  for (const data of strange) expect(checkReport(data).type).toBe("fault");
  expect(checkReport({ type: "ready", confined: "yes" })).toEqual({
    type: "ready",
    confined: false,
  });
});
