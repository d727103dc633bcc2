/** What a task of a Node process answers: there is more to do; it is over; nothing waited to go on. */
export const Turn = { again: 1, over: 2, lost: 3 } as const;
export type TurnResult = (typeof Turn)[keyof typeof Turn];
