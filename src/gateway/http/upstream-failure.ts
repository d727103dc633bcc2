/** Why there is no upstream, in words for the guest. */
export class UpstreamFailure extends Error {}
