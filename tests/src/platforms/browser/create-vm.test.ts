/** Options that a tab has not are refused before anything starts. */
import { expect, test } from "vitest";
import { createVm } from "../../../../src/platforms/browser/create-vm.ts";

test("a process of its own is Node's", async () => {
  const options = { kernel: "process" } as object;
  await expect(createVm(options)).rejects.toMatchObject({
    code: "ERR_NOT_ON_THIS_HOST",
    message: expect.stringMatching(/^createVm: kernel: "process" is Node's.*Leave it out/),
  });
});
