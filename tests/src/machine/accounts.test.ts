/** Users as each machine's own /etc/passwd and /etc/group tell them. */
import { expect, test } from "vitest";
import { createVm } from "../../../src/create-vm.ts";

const groups = "id -un; id -Gn";

test("a changed table holds for the next command, in its machine alone", async () => {
  await using vm = await createVm({ kernel: "in-thread" });
  await using other = await createVm({ kernel: "in-thread" });
  const before = (await vm.exec(groups)).stdout;
  expect(before).toBe("user\nuser\n");
  await vm.fs.appendFile("/etc/group", "builders:x:2000:user\n");
  expect((await vm.exec(groups)).stdout).toBe("user\nuser builders\n");
  await vm.fs.appendFile("/etc/passwd", "ada:x:1815:2000::/tmp:/bin/bash\n");
  expect((await vm.exec(`${groups}; pwd`, { user: "ada" })).stdout).toContain("ada\nbuilders\n");
  expect((await other.exec(groups)).stdout).toBe(before);
  await expect(other.exec("true", { user: "ada" })).rejects.toThrow("ada");
});
