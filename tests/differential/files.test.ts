import { compareTranscript } from "./compare.ts";

compareTranscript("files");
