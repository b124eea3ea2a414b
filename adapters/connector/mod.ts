/** Both sides of the connector. Lazy, so that neither loads the other. */
export const connector = {
  client: () => import("./client.ts"),
  process: () => import("./process.ts"),
};
