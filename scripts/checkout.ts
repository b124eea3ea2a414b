/** The checkout's folder, with a slash at its end. */
export const checkout: string = decodeURIComponent(new URL("..", import.meta.url).pathname);
