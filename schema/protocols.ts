/** What the configuration must know of a protocol before its adapter says the rest. */
export interface Protocol {
  /** The key of its secret, without which it can't work. Absent: it may work without one. */
  readonly secret?: string;
  /** Works only through servers on the internet: impossible together with `security.offline`. */
  readonly cloud: boolean;
}

/** Every protocol that may stand under `protocol`. */
export const protocols: Readonly<Record<string, Protocol>> = {
  telegram: { secret: "token", cloud: true },
  discord: { secret: "token", cloud: true },
  whatsapp: { secret: "token", cloud: true },
  wecom: { secret: "secret", cloud: true },
  email: { secret: "password", cloud: false },
  mqtt: { cloud: false },
};

/**
 * True for keys whose values are secrets: `token`, `app_secret`, `password`, … It decides what is kept out of errors
 * and printouts, so it is meant to hold for too many keys rather than too few.
 */
export function isSecretKey(key: string): boolean {
  return /(?:^|_)(?:token|secret|password|passphrase|key|credentials?)$/i.test(key);
}
