/**
 * One program, three hosts: lines of the differential transcripts, which say what bash and the tools of a
 * Linux print, in a tab and at the edge (tests/differential runs them in Node). `npm test` runs one of
 * three, 259 lines; with ISOPOD_HOST_LINES=all each of the 768 runs.
 */
import { afterAll, beforeAll, describe, expect } from "vitest";
import { compareTranscript } from "../differential/compare.ts";
import { type HostName, openHost, type TestHost } from "../support/hosts/host.ts";

const GROUPS = ["archives", "data", "files", "git", "processes", "search", "shell", "text"];
const EVERY = process.env["ISOPOD_HOST_LINES"] === "all" ? 1 : 3;
const OTHERS: readonly HostName[] = ["tab", "edge"];

describe.each(OTHERS)("%s", (name) => {
  let host: TestHost | undefined;

  beforeAll(async () => {
    host = await openHost(name);
  });

  afterAll(async () => {
    await host?.[Symbol.asyncDispose]();
    expect(host?.faults).toEqual([]);
  });

  for (const group of GROUPS) {
    compareTranscript(group, () => (host as TestHost).createVm(), EVERY);
  }
});
