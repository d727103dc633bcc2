/** A fresh process for suites/startup.ts: loads the library, makes one VM, runs one echo, reports. */
const started = performance.now();
const { createVm } = await import("./library.ts");
const loaded = performance.now();
const vm = await createVm();
const { stdout } = await vm.exec("echo hi");
const done = performance.now();
if (stdout !== "hi\n") throw new Error(`echo said ${stdout}`);
process.send?.({ load: loaded - started, vm: done - loaded });
await vm.dispose();
process.disconnect?.();
