/** internalBinding("async_context_frame"): the value that follows asynchronous calls. */
import type { BindingFactory } from "../environment.ts";

export const asyncContextFrame: BindingFactory = () => {
  let data: unknown;
  return {
    getContinuationPreservedEmbedderData: () => data,
    setContinuationPreservedEmbedderData(value: unknown) {
      data = value;
    },
  };
};
