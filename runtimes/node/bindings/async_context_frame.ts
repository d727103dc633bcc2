/** internalBinding("async_context_frame"): the value that follows asynchronous calls. */
import type { BindingFactory } from "../environment.ts";

export const asyncContextFrame: BindingFactory = ({ engine }) => {
  let data: unknown;
  const { get, set } = engine.continuationData ?? {
    get: () => data,
    set: (value: unknown) => {
      data = value;
    },
  };
  return {
    getContinuationPreservedEmbedderData: get,
    setContinuationPreservedEmbedderData: set,
  };
};
