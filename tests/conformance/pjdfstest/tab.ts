/** The kernel's worker of a tab, with pjdfstest's programs in it. */
import "./programs.ts";
import "../../../src/platforms/browser/kernel-worker.ts";
