/** Every sandbox there is. Lazy, so that one that isn't used costs nothing. */
export const plugins = {
  extism: () => import("./extism/client.ts"),
};
