/** The Worker as it is deployed, with pjdfstest's programs in its kernels. */
import "./programs.ts";

export { default, IsopodMachine } from "../../../worker/index.ts";
