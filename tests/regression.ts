/** A straight line through points, and how sure its slope is. */
export interface Line {
  readonly slope: number;
  /** Half of the slope's confidence interval at 95 %. */
  readonly margin: number;
  readonly count: number;
}

/**
 * The least-squares line through points. The margin counts neighbouring residuals as one observation as far as they go
 * together: memory rises and falls over many samples, and a plain margin would call each wave a slope.
 *
 * Source: Santer et al. 2000, "Statistical significance of trends", equation 6 (effective sample size).
 */
export function lineThrough(points: readonly (readonly [x: number, y: number])[]): Line {
  const count = points.length;
  const mean = (of: 0 | 1) => points.reduce((sum, point) => sum + point[of], 0) / count;
  const [meanX, meanY] = [mean(0), mean(1)];
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
  const residuals = points.map(([x, y]) => y - meanY - slope * (x - meanX));
  const square = residuals.reduce((sum, residual) => sum + residual ** 2, 0);
  const next = residuals.slice(1).reduce((sum, residual, index) => sum + residual * residuals[index]!, 0);
  const together = square === 0 ? 0 : Math.min(0.95, Math.max(0, next / square));
  const effective = Math.max(3, count * (1 - together) / (1 + together));
  return { slope, margin: quantileOfT(effective - 2) * Math.sqrt(square / (effective - 2) / spread), count };
}

/** The 97.5 % quantile of Student's t, by the expansion of Cornish and Fisher: within 5 % from 3 degrees of freedom on. */
function quantileOfT(degrees: number): number {
  const z = 1.959964;
  const n = Math.max(1, degrees);
  return z + (z ** 3 + z) / (4 * n) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * n ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * n ** 3);
}
