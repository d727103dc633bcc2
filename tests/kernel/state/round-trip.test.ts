/** Random trees, committed and restored, against a machine that is never committed. */
import { describe, expect, test } from "vitest";
import { KernelError, type Sys } from "../../../kernel/index.ts";
import { MemoryFileSystem } from "../../../kernel/vfs/memory/file-system.ts";
import { seeded } from "../random.ts";
import { type TestMachine, testMachine } from "../vfs/machine.ts";
import { KeptMachine, lookAt, testImage } from "./kept.ts";
import { type Operation, operation, unlinkedWhileOpen } from "./operations.ts";

const SEEDS = [1, 2, 3, 907];
const ROUNDS = 6;
const STEPS = 60;

async function answer(sys: Sys, step: Operation): Promise<unknown> {
  try {
    return await step(sys);
  } catch (reason) {
    if (reason instanceof KernelError) return reason.code;
    throw reason;
  }
}

/** The same tree, commit or not; numbers apart, which differ from the first lookup on. */
async function expectSame(kept: KeptMachine, root: MemoryFileSystem): Promise<void> {
  expect(await lookAt(kept.fileSystem.root, false)).toEqual(await lookAt(root.root, false));
}

describe.each(SEEDS)("random changes (seed %i)", (seed) => {
  test.each([true, false])("survive commits and restores, over an image: %s", async (overImage) => {
    const random = seeded(seed);
    const image = overImage ? testImage() : undefined;
    const plainRoot = new MemoryFileSystem({ lower: overImage ? [testImage().root] : [] });
    const plain: TestMachine = testMachine(plainRoot);
    const plainUser = plain.user();
    let kept = await KeptMachine.open({ image });
    const tickBoth = (other: TestMachine) => {
      const at = plain.tick();
      while (other.tick(0n) < at) other.tick(at - other.tick(0n));
    };
    for (let round = 0; round < ROUNDS; round++) {
      let committing: Promise<unknown> = Promise.resolve();
      for (let step = 0; step < STEPS; step++) {
        tickBoth(kept.machine);
        const change = random.below(30) === 0 ? unlinkedWhileOpen(random) : operation(random);
        const expected = await answer(plainUser.waiting, change);
        expect(await answer(kept.user.waiting, change)).toEqual(expected);
        if (random.below(25) === 0) {
          await committing;
          // What follows happens while it is written.
          committing = kept.commit();
        }
      }
      await committing;
      await expectSame(kept, plainRoot);
      const before = await kept.look();
      const commit = await kept.commit();
      expect(kept.fileSystem.kept?.isChanged).toBe(false);
      const restored = await KeptMachine.open({ store: kept.store, image, from: commit });
      expect(await restored.look()).toEqual(before);
      expect(restored.fileSystem.kept?.unread).toEqual({ memory: 0, inodes: 0 });
      expect(restored.fileSystem.quota.memory).toBe(kept.fileSystem.quota.memory);
      expect(restored.fileSystem.quota.inodes).toBe(kept.fileSystem.quota.inodes);
      expect((await restored.commit()).tree).toBe(commit.tree);
      // Goes on, half of the time with a machine that has read nothing yet.
      kept =
        random.below(2) === 0
          ? restored
          : await KeptMachine.open({ store: kept.store, image, from: commit });
    }
  });
});
