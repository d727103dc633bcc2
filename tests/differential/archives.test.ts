import { compareTranscript } from "./compare.ts";

compareTranscript("archives");
