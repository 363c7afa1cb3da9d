// How long to wait between tries while there is no line. It stands apart, since also pages without a conversation wait.

const TRY_AGAIN_MILLISECONDS = [500, 1000, 2000, 4000, 8000, 15_000, 30_000];

/** How long to wait before another try, a little different each time so that pages do not come all at once. */
export const pauseBefore = (turn: number): number =>
  (TRY_AGAIN_MILLISECONDS[Math.min(turn, TRY_AGAIN_MILLISECONDS.length - 1)] ?? 0) * (0.75 + Math.random() / 2);
