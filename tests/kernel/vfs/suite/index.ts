/** The conformance suite: what every file system does alike, run over each of them. */
import { describe } from "vitest";
import type { Subject } from "./abilities.ts";
import { attributes } from "./attributes.ts";
import { data } from "./data.ts";
import { listings } from "./listings.ts";
import { names } from "./names.ts";
import { paths } from "./paths.ts";
import { renames } from "./renames.ts";

export function conformance(subject: Subject): void {
  describe(subject.name, () => {
    describe("names", () => names(subject));
    describe("paths", () => paths(subject));
    describe("data", () => data(subject));
    describe("renames", () => renames(subject));
    describe("listings", () => listings(subject));
    describe("attributes", () => attributes(subject));
  });
}
