import { compareTranscript } from "./compare.ts";

compareTranscript("data");
