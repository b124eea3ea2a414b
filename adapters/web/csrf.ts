const encoder = new TextEncoder();

/**
 * The token that every change must carry besides the cookie. It is a hash of the cookie's secret, so the server
 * remembers nothing, and a site that can make the browser send the cookie still doesn't know it.
 */
export async function csrfToken(cookieSecret: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", encoder.encode(`csrf ${cookieSecret}`));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Compares in a time that doesn't depend on where the first difference is. */
export function sameToken(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let at = 0; at < a.length; at++) difference |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return difference === 0;
}
