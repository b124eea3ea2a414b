/** Ways to reach runners. Lazy, so that an unused one costs nothing. */
export const runners = {
  socket: () => import("./socket.ts"),
  spawned: () => import("./spawned.ts"),
};
