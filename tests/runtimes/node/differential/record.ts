/** `node tests/runtimes/node/differential/record.ts [GROUP...]`, with ISOPOD_NODE_22 naming a Node 22. */
import { join } from "node:path";
import { record } from "./host.ts";

const node = process.env["ISOPOD_NODE_22"];
if (!node) throw new Error("ISOPOD_NODE_22 must name a Node 22");
record(join(import.meta.dirname, "scenarios"), node, { groups: process.argv.slice(2) });
