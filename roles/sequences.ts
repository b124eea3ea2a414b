/** Answers that are computed in one batch; as many turns run at once, others wait. */
export const sequencesMax = 8;
