/** Chance as core sees it: the system's in the host, a seed's in the simulator. */
export interface Random {
  /** `count` unpredictable bytes: keys, codes, salts and ids are made of these. */
  bytes(count: number): Uint8Array;
  /** An even draw from [0, 1): jitter only, never a secret. */
  unit(): number;
}
